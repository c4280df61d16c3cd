// All that tells how full a service is, a row each, the worst first.

import { ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { SchemaSaturationSeries } from '../../api/schema.d.ts'
import { largestOf, lastOf } from '../../charts/series.ts'
import { Sparkline } from '../../charts/sparkline.tsx'
import { Marked } from '../../topology/numbers.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { kindWords } from './kinds.ts'
import { isTrouble, levelCounts, levelOf, RATIO, worstFirst } from './level.ts'
import type { Line } from './lines.ts'
import { formatOf } from './value.ts'

/** What is well beyond these stays folded. */
const ROWS = 8
const COLUMNS = 6

interface Props {
  items: readonly SchemaSaturationSeries[]
  /** Those of them that the chart draws. */
  lines: readonly Line[]
}

export function SaturationTable({ items, lines }: Props) {
  const [isWhole, setWhole] = useState(false)
  const ordered = worstFirst(items)
  const shown = ordered.filter((item, place) => isWhole || place < ROWS || isTrouble(item))
  const folded = ordered.length - shown.length
  return (
    <section className="chart saturation" aria-labelledby="saturation">
      <div className="chart__head">
        <h3 id="saturation">What fills up</h3>
        <span className="muted">{levelCounts(items)}, each by the worst of this time</span>
      </div>
      <section className="saturation__rows" aria-label="What fills up, the worst first" tabIndex={0}>
        <table className="saturation__table">
          <caption className="visually-hidden">What fills up</caption>
          <Columns />
          <tbody>
            {shown.map(item => (
              <Row
                key={`${item.kind} ${item.name} ${item.metric}`}
                item={item}
                line={lines.find(line => line.item === item)}
              />
            ))}
          </tbody>
        </table>
      </section>
      {folded === 0 && !isWhole ? null : (
        <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show ${folded} more that are well`}
        </button>
      )}
    </section>
  )
}

function Columns() {
  return (
    <thead>
      <tr>
        <th scope="col">Level</th>
        <th scope="col">What</th>
        <th scope="col" data-number="true">
          Last
        </th>
        <th scope="col" data-number="true">
          Most
        </th>
        <th scope="col">Over the time</th>
        <th scope="col">Metric and PromQL</th>
      </tr>
    </thead>
  )
}

interface RowProps {
  item: SchemaSaturationSeries
  line: Line | undefined
}

function Row({ item, line }: RowProps) {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const { kind, level, metric, name, query, unit, values } = item
  const { mark } = levelOf(item)
  const format = formatOf(item)
  return (
    <>
      <tr data-state={mark}>
        <td>
          <Marked state={mark}>{level}</Marked>
        </td>
        <th scope="row">
          {line === undefined ? null : <Letter line={line} />}
          {name} <span className="muted saturation__kind">{kindWords(kind)}</span>
        </th>
        <td data-number="true">{format(lastOf(values))}</td>
        <td data-number="true" className="muted">
          {format(largestOf(values))}
        </td>
        <td>
          <Sparkline
            values={values}
            label={name}
            format={format}
            tone={mark === 'bad' ? 'bad' : 'plain'}
            {...(unit === RATIO ? { top: 1 } : {})}
          />
        </td>
        <td>
          <button
            type="button"
            className="link-button saturation__ask"
            aria-expanded={isOpen}
            aria-controls={id}
            title={`${metric}: show the PromQL`}
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronRight size={12} aria-hidden="true" />
            <span className="visually-hidden">PromQL of {name}: </span>
            <span className="mono saturation__metric">{metric}</span>
          </button>
        </td>
      </tr>
      <tr id={id} hidden={!isOpen} className="saturation__query">
        <td colSpan={COLUMNS}>{isOpen ? <Query text={query} name={name} /> : null}</td>
      </tr>
    </>
  )
}

/** The name of its line in the chart. */
function Letter({ line: { endLabel, colour } }: { line: Line }) {
  return (
    <span className="saturation__letter mono" style={{ borderColor: colour }} title="Its line in the chart">
      {endLabel}
    </span>
  )
}

function Query({ text, name }: { text: string; name: string }) {
  return (
    <div className="saturation__promql">
      <pre>{text}</pre>
      <CopyButton text={text} what={`the PromQL of ${name}`} label="Copy" />
    </div>
  )
}
