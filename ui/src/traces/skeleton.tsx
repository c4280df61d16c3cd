// The table while its first answer is on the way, in the shape that it will have.

const ROWS = 12
const WIDTHS = [
  ['70%', '45%', '60%', '40%', '50%', '70%'],
  ['70%', '60%', '40%', '40%', '50%', '50%'],
  ['70%', '35%', '70%', '40%', '50%', '60%'],
]

export function TracesSkeleton() {
  return (
    <div className="traces-skeleton" role="status" aria-label="Loading the traces">
      {Array.from({ length: ROWS }, (_, row) => row).map(row => (
        <div key={row} className="traces-skeleton__row">
          {(WIDTHS[row % WIDTHS.length] ?? []).map((width, column) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
            <span key={column} className="skeleton" style={{ width }} />
          ))}
        </div>
      ))}
    </div>
  )
}
