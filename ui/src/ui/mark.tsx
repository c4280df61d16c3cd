// The shapes of states. A state is told by shape, colour and word; the word stands beside the shape.

export type State = 'ok' | 'warn' | 'bad' | 'idle'

const SHAPES = {
  ok: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  warn: <path d="M5 .8 9.6 9.2H.4z" fill="currentColor" />,
  bad: <path d="M5 .2 9.8 5 5 9.8.2 5z" fill="currentColor" />,
  idle: (
    <circle
      cx="5"
      cy="5"
      r="3.6"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeDasharray="2.2 1.6"
    />
  ),
} as const satisfies Record<State, React.ReactNode>

export function Mark({ state }: { state: State }) {
  return (
    <svg className={`mark mark--${state}`} viewBox="0 0 10 10" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  )
}

/** Says that something failed: ◆ and words. */
export function ErrorWord({ children }: { children: React.ReactNode }) {
  return (
    <span className="error-word">
      <Mark state="bad" />
      {children}
    </span>
  )
}
