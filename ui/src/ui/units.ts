// Numbers with their unit in the type, so that milliseconds cannot be drawn as nanoseconds. A branded number is a plain
// number at run time.

declare const unit: unique symbol
type Branded<Value, Unit extends string> = Value & { readonly [unit]: Unit }

/** A length of time. Whole up to 104 days, rounded beyond. */
export type Nanoseconds = Branded<number, 'ns'>
/** A length of time. */
export type Milliseconds = Branded<number, 'ms'>
/** A moment: nanoseconds since the epoch, which a double cannot hold. */
export type EpochNanoseconds = Branded<bigint, 'ns since the epoch'>
/** A moment as `Date.now()` gives it. */
export type EpochMilliseconds = Branded<number, 'ms since the epoch'>
/** A part of a whole, 0 to 1. */
export type Ratio = Branded<number, 'ratio'>

export const nanoseconds = (value: number) => value as Nanoseconds
export const milliseconds = (value: number) => value as Milliseconds
export const epochNanoseconds = (value: bigint) => value as EpochNanoseconds
export const epochMilliseconds = (value: number) => value as EpochMilliseconds
export const ratio = (value: number) => Math.min(1, Math.max(0, value)) as Ratio

export const SECOND = milliseconds(1000)
export const MINUTE = milliseconds(60_000)

const NS_PER_MS = 1e6

export const nsOfMs = (value: Milliseconds) => nanoseconds(value * NS_PER_MS)

export function millisecondsOf(moment: EpochNanoseconds): EpochMilliseconds {
  return epochMilliseconds(Number(moment / BigInt(NS_PER_MS)))
}

/** From one moment to another; negative if the second lies before the first. */
export function between(from: EpochNanoseconds, to: EpochNanoseconds): Nanoseconds {
  return nanoseconds(Number(to - from))
}

/** Decimal digits as OTLP/JSON writes a moment; null where it says none (absent, empty or zero). */
export function parseMoment(digits: string | undefined): EpochNanoseconds | null {
  if (!digits || !/^\d{1,20}$/.test(digits)) return null
  const moment = BigInt(digits)
  return moment === 0n ? null : epochNanoseconds(moment)
}
