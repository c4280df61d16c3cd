// What stands where answers will be, in their size.

import { PLOT_HEIGHT } from '../charts/sizes.ts'

const CHARTS = ['latency', 'heat', 'traffic', 'rate', 'errors', 'saturation']

export function TableSkeleton({ rows }: { rows: number }) {
  return (
    <div className="table-skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={row} className="table-skeleton__row">
          <span className="skeleton" style={{ width: `${45 + ((row * 17) % 40)}%` }} />
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      ))}
    </div>
  )
}

export function ChartsSkeleton() {
  return (
    <div className="signals" role="status" aria-label="Loading the signals">
      <div className="charts-grid">
        {CHARTS.map(name => (
          <div key={name} className="chart">
            <div className="chart__head">
              <span className="skeleton charts-grid__title" />
            </div>
            <div className="charts-grid__waiting" style={{ height: PLOT_HEIGHT }}>
              <span className="skeleton charts-grid__plot" />
            </div>
            <p className="chart__summary">&nbsp;</p>
          </div>
        ))}
      </div>
      <div className="signals__aside">
        <div className="around signals__waiting">
          <span className="skeleton charts-grid__title" />
        </div>
      </div>
    </div>
  )
}
