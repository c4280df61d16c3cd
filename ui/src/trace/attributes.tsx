import { Fragment } from 'react'
import type { SchemaKeyValue } from '../api/schema.d.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { counted } from '../ui/format.ts'
import type { Trace } from './columns.ts'
import { SearchLink } from './links.tsx'
import { questionFor, type Scope } from './search-link.ts'
import { shownValue } from './value.ts'

interface Props {
  trace: Trace
  /** Whose attributes they are, in the words of TraceQL. */
  scope: Scope
  attributes: readonly SchemaKeyValue[] | undefined
  /** How many the sender dropped. */
  dropped: number | undefined
}

/** Keys and values, all of them, whatever their type; in groups where they are many. */
export function Attributes({ trace, scope, attributes = [], dropped }: Props) {
  return (
    <>
      {groupsOf(attributes).map(({ name, members }) => (
        <dl key={name} className="attributes">
          {members.map(({ key, value }) => (
            <Attribute
              key={key}
              trace={trace}
              name={key}
              value={value}
              question={questionFor(scope, key, value)}
            />
          ))}
        </dl>
      ))}
      <Dropped count={dropped} noun="attribute" />
    </>
  )
}

interface Group {
  name: string
  members: SchemaKeyValue[]
}

/** By what stands before the first dot, in the order of the alphabet: `http.` beside `http.`. */
export function groupsOf(attributes: readonly SchemaKeyValue[]): Group[] {
  const groups = new Map<string, SchemaKeyValue[]>()
  for (const attribute of attributes) {
    const [name = ''] = attribute.key.split('.')
    groups.set(name, [...(groups.get(name) ?? []), attribute])
  }
  const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  return [...groups]
    .map(([name, members]) => ({ key: name, name, members: members.toSorted(byKey) }))
    .toSorted(byKey)
}

interface AttributeProps {
  trace: Trace
  name: string
  value: SchemaKeyValue['value']
  question: string | null
}

function Attribute({ trace, name, value, question }: AttributeProps) {
  const { type, text } = shownValue(value)
  return (
    <div className="attribute">
      <dt className="attribute__key">{breakable(name)}</dt>
      <dd className="attribute__value mono" data-type={type}>
        {type === 'string' && text === '' ? <span className="muted">empty</span> : text}
        {type === 'bytes' ? <span className="muted"> base64</span> : null}
        <span className="attribute__actions">
          {question === null ? null : (
            <SearchLink trace={trace} question={question} words={`Search for traces with this ${name}`} />
          )}
          <CopyButton what={`the value of ${name}`} text={text} />
        </span>
      </dd>
    </div>
  )
}

/** A key that breaks after its dots, where it must. */
function breakable(key: string) {
  return key.split(/(?<=\.)/).map((part, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts may be equal, and never move
    <Fragment key={place}>
      {part}
      <wbr />
    </Fragment>
  ))
}

/** Says that the sender had more than it sent. */
export function Dropped({ count = 0, noun }: { count: number | undefined; noun: string }) {
  return count === 0 ? null : (
    <p className="panel__line muted">{counted(count, noun)} dropped by the sender</p>
  )
}
