const WIDTH = 190

interface Props {
  at: { x: number; y: number }
  width: number
  height: number
  children: React.ReactNode
}

/** Words beside the pointer, on the side that has room. */
export function HeatTip({ at, width, height, children }: Props) {
  if (children === null) return null
  const isRight = at.x + 14 + WIDTH > width
  const isLow = at.y > height / 2
  return (
    <span
      className="heat__tip"
      style={{
        ...(isRight ? { right: width - at.x + 12 } : { left: at.x + 14 }),
        ...(isLow ? { bottom: height - at.y + 8 } : { top: at.y + 8 }),
      }}
    >
      {children}
    </span>
  )
}
