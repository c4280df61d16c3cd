// What is written on the lines of calls.

import type { Bundle } from './bundles.ts'
import type { SceneEdge } from './scene.ts'
import { latencyText, rateText, shareText } from './signal-text.ts'
import { troubleText } from './trouble.ts'

/** What people choose to read on lines: the first is the default. */
export const LABELS = ['auto', 'rate', 'errors', 'p95', 'off'] as const
export type Label = (typeof LABELS)[number]

export function isLabel(text: unknown): text is Label {
  return LABELS.some(label => label === text)
}

/** Left to itself, in trouble the share of errors is what matters; how many they are the width says. */
export function edgeWords(edge: SceneEdge, label: Label): string {
  const { tone, rate, p95 } = edge
  switch (label) {
    case 'off':
      return ''
    case 'rate':
      return rateText(rate)
    case 'errors':
      return troubleText(edge)
    case 'p95':
      return `p95 ${latencyText(p95)}`
    case 'auto':
      return tone === 'warn' || tone === 'bad' ? troubleText(edge) : rateText(rate)
  }
}

/** Of a line that stands for many. */
export function bundleWords({ count, rate, share, tone }: Bundle): string {
  const calls = count === 1 ? '1 edge' : `${count} edges`
  const errors = tone === 'warn' || tone === 'bad' ? `, ${shareText(share)} err` : ''
  return `${calls}, ${rateText(rate)}${errors}`
}
