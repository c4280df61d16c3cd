// Chooses the time range: up to now, or between two moments.

import { CalendarClock, Check } from 'lucide-react'
import { useState } from 'react'
import { fixed, RANGE_NAMES, RANGES, type TimeRange } from '../api/time-range.ts'
import { DialogButton } from '../ui/dialog-button.tsx'
import { type EpochMilliseconds, epochMilliseconds } from '../ui/units.ts'
import './time-range-picker.css'
import { useTimeKeys } from './time-keys.ts'

interface Props {
  range: TimeRange
  onChoose: (range: TimeRange) => void
}

export function TimeRangePicker({ range, onChoose }: Props) {
  useTimeKeys(range, onChoose)
  return (
    <DialogButton
      label={`Time range: ${wordsOf(range)}`}
      button={
        <>
          <CalendarClock size={14} aria-hidden="true" />
          {wordsOf(range)}
        </>
      }
      title="Time range"
      dialogClassName="time-range"
    >
      {close => {
        const choose = (chosen: TimeRange) => {
          close()
          onChoose(chosen)
        }
        return (
          <>
            <Presets range={range} onChoose={choose} />
            <Between range={range} onChoose={choose} />
          </>
        )
      }}
    </DialogButton>
  )
}

function Presets({ range, onChoose }: Props) {
  return (
    <ul className="options">
      {RANGE_NAMES.map(name => {
        const isChosen = range.kind === 'relative' && range.range === name
        return (
          <li key={name}>
            <button
              type="button"
              className="option time-range__preset"
              aria-pressed={isChosen}
              onClick={() => onChoose({ kind: 'relative', range: name })}
            >
              <span className="option__tick">{isChosen ? <Check size={14} aria-hidden="true" /> : null}</span>
              {RANGES[name].words}
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Between({ range, onChoose }: Props) {
  const [problem, setProblem] = useState<string | null>(null)
  const shown = fixed(range, epochMilliseconds(Date.now()))
  const submit = (form: FormData) => {
    const [start, end] = [momentOf(form.get('start')), momentOf(form.get('end'))]
    if (start === null || end === null) return setProblem('Both moments are needed.')
    if (end <= start) return setProblem('The end lies before the start.')
    onChoose({ kind: 'absolute', start, end })
  }
  if (shown.kind !== 'absolute') return null
  return (
    <form className="time-range__between" action={submit}>
      <label>
        <span>From</span>
        <input
          className="field"
          type="datetime-local"
          name="start"
          step={1}
          defaultValue={localTime(shown.start)}
        />
      </label>
      <label>
        <span>To</span>
        <input
          className="field"
          type="datetime-local"
          name="end"
          step={1}
          defaultValue={localTime(shown.end)}
        />
      </label>
      {problem === null ? null : <p role="alert">{problem}</p>}
      <button type="submit" className="button button--main">
        Show this time
      </button>
    </form>
  )
}

/** As `datetime-local` has it: local, to the second. */
function localTime(moment: EpochMilliseconds): string {
  const date = new Date(moment)
  return new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

function momentOf(value: FormDataEntryValue | null): EpochMilliseconds | null {
  const moment = typeof value === 'string' ? new Date(value).getTime() : Number.NaN
  return Number.isNaN(moment) ? null : epochMilliseconds(moment)
}

function wordsOf(range: TimeRange): string {
  if (range.kind === 'relative') return RANGES[range.range].words
  const [start, end] = [localTime(range.start), localTime(range.end)].map(text => text.replace('T', ' '))
  const isOneDay = start?.slice(0, 10) === end?.slice(0, 10)
  return `${start} to ${isOneDay ? end?.slice(11) : end}`
}
