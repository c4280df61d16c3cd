// A search that found nothing: which clause is to blame, and the ways out.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Tenant } from '../../api/queries.ts'
import {
  type Finds,
  findsEachQuery,
  isCheap,
  type SearchQuestion,
  tagNamesQuery,
} from '../../api/queries-search.ts'
import type { Search } from '../../api/search.ts'
import type { TimeRange } from '../../api/time-range.ts'
import { LookBack } from '../../empty/ways-out.tsx'
import { Mark } from '../../ui/mark.tsx'
import { loneClauses, withAttribute, withoutClause } from '../traceql/query.ts'
import { conclusion, queriesOf, type Trial, trialsOf } from './trials.ts'
import { unknownIn } from './unknown.ts'
import './none.css'

interface Props {
  question: SearchQuestion
  search: Search
  tenant: Tenant
  onAsk: (query: string) => void
  onRange: (range: TimeRange) => void
  onAllServices: () => void
}

export function NoMatch({ question, search, tenant, onAsk, onRange, onAllServices }: Props) {
  const { q, service, range } = question
  return (
    <section className="message no-match">
      <h2 className="message__title">
        <Mark state="idle" />
        {search.state === 'stopped' ? 'Nothing was found before you stopped' : 'No trace matches'}
      </h2>
      <Unknown question={question} tenant={tenant} onAsk={onAsk} />
      {search.state === 'done' ? (
        <Clauses question={question} search={search} tenant={tenant} onAsk={onAsk} />
      ) : null}
      <div className="message__actions">
        <LookBack range={range} onRange={onRange} />
        {service === undefined ? null : (
          <button type="button" className="button" onClick={onAllServices}>
            Also without the service {service}
          </button>
        )}
        <button type="button" className="button" onClick={() => onAsk('')}>
          Show all traces
        </button>
      </div>
      <p className="muted">
        Searched: <code>{q}</code>
      </p>
    </section>
  )
}

type Part = Pick<Props, 'question' | 'tenant' | 'onAsk'>

function Unknown({ question: { q, range }, tenant, onAsk }: Part) {
  const names = useQuery(tagNamesQuery(tenant, range)).data
  const unknown = names === undefined ? [] : unknownIn(q, names)
  return unknown.map(({ text, meant }) => (
    <p key={text}>
      No span in this time has <code>{text}</code>.{' '}
      {meant === null ? null : (
        <button type="button" className="link-button" onClick={() => onAsk(withAttribute(q, text, meant))}>
          Search for {meant}
        </button>
      )}
    </p>
  ))
}

function Clauses({ question, search, tenant, onAsk }: Part & { search: Search }) {
  const trials = trialsOf(loneClauses(question.q) ?? [])
  const [isWanted, setWanted] = useState(false)
  // What was quick as a whole is quick in parts.
  const isAsked = trials.length > 0 && (isWanted || isCheap(search))
  const asked = useQuery({ ...findsEachQuery(tenant, question, queriesOf(trials)), enabled: isAsked })
  if (trials.length === 0) return null
  if (!isAsked) {
    return (
      <p>
        <button type="button" className="button button--main" onClick={() => setWanted(true)}>
          Find out which clause leaves nothing
        </button>
      </p>
    )
  }
  const found = asked.data ?? {}
  return (
    <>
      <p role="status">
        {conclusion(trials, found, question.service) ??
          (asked.error === null ? 'Trying each clause' : asked.error.message)}
      </p>
      <table className="trials">
        <thead>
          <tr>
            <th scope="col">Clause</th>
            <th scope="col">By itself</th>
            <th scope="col">Without it</th>
            <th scope="col">
              <span className="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {trials.map(trial => (
            <TrialRow
              key={trial.clause}
              trial={trial}
              found={found}
              onRemove={() => onAsk(withoutClause(question.q, trial.clause))}
            />
          ))}
        </tbody>
      </table>
    </>
  )
}

interface RowProps {
  trial: Trial
  found: Readonly<Record<string, Finds>>
  onRemove: () => void
}

function TrialRow({ trial, found, onRemove }: RowProps) {
  return (
    <tr>
      <td>
        <code>{trial.clause}</code>
      </td>
      <td>
        <FindsWords finds={found[trial.alone]} />
      </td>
      <td>
        <FindsWords finds={found[trial.without]} />
      </td>
      <td>
        <button type="button" className="button" onClick={onRemove} aria-label={`Remove ${trial.clause}`}>
          Remove
        </button>
      </td>
    </tr>
  )
}

function FindsWords({ finds }: { finds: Finds | undefined }) {
  switch (finds) {
    case undefined:
      return <span className="muted">…</span>
    case 'some':
      return (
        <span className="trials__word">
          <Mark state="ok" /> traces
        </span>
      )
    case 'none':
      return (
        <span className="trials__word">
          <Mark state="bad" /> nothing
        </span>
      )
    case 'none so far':
      return (
        <span className="trials__word">
          <Mark state="warn" /> nothing in the time that a search may take
        </span>
      )
  }
}
