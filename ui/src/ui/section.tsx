interface Props {
  title: string
  /** How many things are in it. */
  count?: number
  children: React.ReactNode
}

/** A part of a panel that can be closed. */
export function Section({ title, count, children }: Props) {
  return (
    <details className="section" open>
      <summary className="section__title">
        <h3>{title}</h3>
        {count === undefined ? null : <span className="muted mono">{count}</span>}
      </summary>
      {children}
    </details>
  )
}
