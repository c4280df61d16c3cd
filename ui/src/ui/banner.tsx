import { Mark, type State } from './mark.tsx'

interface Props {
  state: 'warn' | 'bad' | 'plain'
  children: React.ReactNode
}

const MARKS: Record<Props['state'], State | null> = { warn: 'warn', bad: 'bad', plain: null }

/** One line about the whole page. */
export function Banner({ state, children }: Props) {
  const mark = MARKS[state]
  return (
    <div className={`banner banner--${state}`} role={state === 'bad' ? 'alert' : 'status'}>
      {mark === null ? null : <Mark state={mark} />}
      {children}
    </div>
  )
}
