// Questions that are asked often.

export const PRESETS = [
  { words: 'Slow', text: 'p95 > 500ms' },
  { words: 'Failing', text: 'err > 1%' },
  { words: 'Not encrypted', text: 'mtls != full' },
  { words: 'Idle', text: 'health = idle' },
] as const
