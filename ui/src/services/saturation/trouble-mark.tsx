// Beside the name of a service: that something of it is full, and what.

import { Link } from '@tanstack/react-router'
import type { SchemaSignals } from '../../api/schema.d.ts'
import { Mark } from '../../ui/mark.tsx'
import { levelOf, worstTrouble } from './level.ts'

export function TroubleMark({ signals }: { signals: SchemaSignals | null }) {
  const worst = signals === null ? null : worstTrouble(signals.saturation)
  if (worst === null) return null
  const { name, level } = worst
  return (
    <Link
      to="."
      search={before => ({ ...before, tab: undefined, sort: undefined })}
      hash="saturation"
      resetScroll={false}
      activeProps={{}}
      className="saturation-mark"
      data-state={levelOf(worst).mark}
      title={`${name}: ${level}`}
    >
      <Mark state={levelOf(worst).mark} />
      <span>saturation {level}:</span>
      <span className="saturation-mark__name">{name}</span>
    </Link>
  )
}
