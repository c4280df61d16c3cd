// The page while its trace is on the way, in the shape that it will have.

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

export function TraceSkeleton() {
  return (
    <div className="trace" role="status" aria-label="Loading the trace">
      <div className="trace-header">
        <span className="skeleton" style={{ width: 280, height: 16, margin: '4px 0 14px' }} />
        <span className="skeleton" style={{ width: 520, margin: '5px 0' }} />
      </div>
      <div className="trace-toolbar trace-skeleton__bar">
        <span className="skeleton" style={{ width: 760 }} />
      </div>
      <div className="services trace-skeleton__services">
        <span className="skeleton" style={{ width: 420 }} />
      </div>
      <div className="minimap trace-skeleton__minimap">
        <span className="skeleton" style={{ width: '100%', height: '100%' }} />
      </div>
      <div className="trace__body">
        <div className="waterfall">
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
