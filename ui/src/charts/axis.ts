// Words on axes.

const two = (value: number) => String(value).padStart(2, '0')
const DAY_S = 86_400
const MINUTE_S = 60

/** Moments of a time axis as short as the distance between them allows, in local time. */
export function tickWords(moment: number, distance: number): string {
  const date = new Date(moment * 1000)
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`
  if (distance >= DAY_S) return day
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (distance < MINUTE_S) return `${clock}:${two(date.getSeconds())}`
  // Where days change the day is what matters.
  return clock === '00:00' ? day : clock
}

/** A step in full: `14:03:20`, with its day where it is not that of the other moment. */
export function stepWords(moment: number, other: number): string {
  const date = new Date(moment * 1000)
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const isSameDay = date.toDateString() === new Date(other * 1000).toDateString()
  return isSameDay ? clock : `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`
}
