import { Fragment } from 'react'
import type { SchemaKeyValue } from '../api/schema.d.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { counted } from '../ui/format.ts'
import { shownValue } from './value.ts'

interface Props {
  attributes: readonly SchemaKeyValue[] | undefined
  /** How many the sender dropped. */
  dropped: number | undefined
}

/** Keys and values, all of them, whatever their type. */
export function Attributes({ attributes = [], dropped }: Props) {
  return (
    <>
      {attributes.length === 0 ? null : (
        <dl className="attributes">
          {attributes.map(({ key, value }) => (
            <Attribute key={key} name={key} value={value} />
          ))}
        </dl>
      )}
      <Dropped count={dropped} noun="attribute" />
    </>
  )
}

function Attribute({ name, value }: { name: string; value: SchemaKeyValue['value'] }) {
  const { type, text } = shownValue(value)
  return (
    <div className="attribute">
      <dt className="attribute__key">{breakable(name)}</dt>
      <dd className="attribute__value mono" data-type={type}>
        {type === 'string' && text === '' ? <span className="muted">empty</span> : text}
        {type === 'bytes' ? <span className="muted"> base64</span> : null}
        <span className="attribute__copy">
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
