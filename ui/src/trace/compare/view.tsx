// This trace beside another: where the difference of their durations comes from, and both as one tree.

import { useQuery } from '@tanstack/react-query'
import { comparisonQuery } from '../../api/queries-analysis.ts'
import { FailureView } from '../../app/failure-view.tsx'
import { useTenant } from '../../app/tenant.ts'
import { VIEW } from '../places.ts'
import type { ViewProps } from '../views.tsx'
import './compare.css'
import { Comparison } from './comparison.tsx'
import { Picker } from './picker.tsx'

export function CompareView({ reading, looking }: ViewProps) {
  const other = looking.search.with
  return (
    <div className="trace__view comparison" id={VIEW} tabIndex={-1}>
      {other === undefined ? (
        <Picker reading={reading} onPick={id => looking.change({ with: id })} />
      ) : (
        <Compared reading={reading} looking={looking} other={other} />
      )}
    </div>
  )
}

function Compared({ reading, looking, other }: ViewProps & { other: string }) {
  const { data, error, refetch } = useQuery(comparisonQuery(useTenant(), reading.traceId, other))
  if (data !== undefined) {
    return <Comparison comparison={data} onAnother={() => looking.change({ with: undefined })} />
  }
  if (error === null) {
    return (
      <div className="comparison__waiting" role="status" aria-label="Loading the comparison">
        <span className="skeleton" style={{ width: '60%', height: 40 }} />
        <span className="skeleton" style={{ width: '100%', height: 220 }} />
      </div>
    )
  }
  return (
    <>
      <FailureView error={error} onRetry={() => void refetch()} />
      <button type="button" className="button" onClick={() => looking.change({ with: undefined })}>
        Choose another trace
      </button>
    </>
  )
}
