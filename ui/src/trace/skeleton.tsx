// The page while its trace is on the way, in the shape that it will have; the view can be chosen already.

import { getRouteApi } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { ViewChoice } from './toolbar.tsx'
import { WaterfallHead } from './waterfall.tsx'

const ROWS = [
  [0, 0, 100],
  [1, 4, 60],
  [2, 6, 20],
  [2, 30, 30],
  [3, 34, 22],
  [1, 66, 30],
  [2, 68, 12],
  [2, 82, 12],
] as const

const route = getRouteApi(paths.trace)

export function TraceSkeleton() {
  return (
    <div className="trace" aria-busy="true">
      <span role="status" className="visually-hidden">
        Loading the trace
      </span>
      <div className="trace-header">
        <span className="skeleton" style={{ width: 280, height: 16, margin: '4px 0 14px' }} />
        <span className="skeleton" style={{ width: 520, margin: '5px 0' }} />
      </div>
      <Toolbar />
      <div className="services trace-skeleton__services">
        <span className="skeleton" style={{ width: 420 }} />
      </div>
      <div className="minimap trace-skeleton__minimap">
        <span className="skeleton" style={{ width: '100%', height: '100%' }} />
      </div>
      <div className="trace__body">
        <div className="waterfall" role="presentation">
          <div aria-hidden="true">
            <WaterfallHead />
          </div>
          {ROWS.map(([depth, left, width]) => (
            <div key={`${depth} ${left}`} className="waterfall__row trace-skeleton__row">
              <div style={{ paddingLeft: 16 + depth * 14 }}>
                <span className="skeleton" style={{ width: '60%' }} />
              </div>
              <div>
                <span
                  className="skeleton"
                  style={{ width: `${width * 0.8}%`, marginLeft: `${left * 0.8}%` }}
                />
              </div>
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

function Toolbar() {
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <div className="toolbar trace-toolbar" role="toolbar" aria-label="View of the trace">
      <ViewChoice
        name={view ?? 'waterfall'}
        onChoose={next => {
          void navigate({
            search: before => ({ ...before, view: next === 'waterfall' ? undefined : next }),
            resetScroll: false,
          })
        }}
      />
      <span className="skeleton" style={{ width: 420 }} />
    </div>
  )
}
