import { Link } from '@tanstack/react-router'
import type { SchemaGraph, SchemaSignals } from '../api/schema.d.ts'
import { TABS, type Tab } from './search.ts'

const WORDS: Record<Tab, string> = { signals: 'Signals', calls: 'Calls', operations: 'Operations' }

interface Props {
  tab: Tab
  id: string
  signals: SchemaSignals | null
  graph: SchemaGraph | null
}

/** Links, as the parts of the page have addresses of their own. */
export function TabLinks({ tab, id, signals, graph }: Props) {
  const counts: Record<Tab, number | null> = {
    signals: null,
    calls: graph?.edges.filter(({ source, target }) => source === id || target === id).length ?? null,
    operations: signals?.operations.length ?? null,
  }
  return (
    <nav aria-label="Parts of the service">
      <ul className="parts">
        {TABS.map((name, place) => (
          <li key={name}>
            <Link
              to="."
              search={before => ({ ...before, tab: name === 'signals' ? undefined : name, sort: undefined })}
              resetScroll={false}
              className="parts__link"
              activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
              aria-current={name === tab ? 'page' : undefined}
              title={`${WORDS[name]} (${place + 1})`}
            >
              {WORDS[name]}
              {counts[name] === null ? null : <span className="muted"> {counts[name]}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
