// How well what is typed fits a text. Its letters must stand in the text in their order; the closer together and the nearer
// to the beginnings of words, the better.

export interface Fit {
  score: number
  /** The letters that fit, as ranges of the text: to show them. */
  ranges: readonly (readonly [start: number, end: number])[]
}

const AT_WORD = 8
const IN_A_ROW = 6
const LETTER = 1
const GAP = 0.2
const WHOLE = 20
const BEGINNING = 10

/** Null where a word does not fit. Several words fit by themselves, in any order. */
export function fitOf(query: string, text: string): Fit | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = words.map(word => bestFit(word, text.toLowerCase()))
  if (fits.some(fit => fit === null)) return null
  const places = new Set(fits.flatMap(fit => fit?.places ?? []))
  const score = fits.reduce((sum, fit) => sum + (fit?.score ?? 0), 0)
  // Of texts that fit as well the shorter one is meant.
  return { score: score - text.length * 0.01, ranges: rangesOf([...places].sort((a, b) => a - b)) }
}

interface Placed {
  score: number
  places: number[]
}

/** From each place where the first letter stands; a word as it is beats its letters strewn about. */
function bestFit(word: string, text: string): Placed | null {
  let best: Placed | null = null
  for (
    let start = text.indexOf(word.charAt(0));
    start >= 0;
    start = text.indexOf(word.charAt(0), start + 1)
  ) {
    const fit = fitFrom(word, text, start)
    if (fit === null) break
    if (best === null || fit.score > best.score) best = fit
  }
  return best
}

function fitFrom(word: string, text: string, start: number): Placed | null {
  const whole = text.startsWith(word, start)
  const places = whole ? Array.from(word, (_, index) => start + index) : strewn(word, text, start)
  if (places === null) return null
  let score = whole ? WHOLE : 0
  if (whole && start === 0) score += BEGINNING
  places.forEach((place, index) => {
    const before = places[index - 1]
    score += LETTER
    if (isWordStart(text, place)) score += AT_WORD
    if (before !== undefined) score += place === before + 1 ? IN_A_ROW : -GAP * (place - before)
  })
  return { score, places }
}

/** Each next letter at the beginning of a word if it stands at one ahead, else where it comes next. */
function strewn(word: string, text: string, start: number): number[] | null {
  const places = [start]
  for (const letter of word.slice(1)) {
    const after = (places.at(-1) ?? start) + 1
    const next = text.indexOf(letter, after)
    if (next < 0) return null
    places.push(next === after ? next : (wordStartOf(letter, text, after, word, places.length) ?? next))
  }
  return places
}

/** The begin of a word with this letter, if what follows still fits behind it. */
function wordStartOf(
  letter: string,
  text: string,
  after: number,
  word: string,
  index: number,
): number | null {
  for (let at = text.indexOf(letter, after); at >= 0; at = text.indexOf(letter, at + 1)) {
    if (isWordStart(text, at) && isWithin(word.slice(index + 1), text, at + 1)) return at
  }
  return null
}

function isWithin(letters: string, text: string, from: number): boolean {
  let at = from
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

const isWordStart = (text: string, at: number) => at === 0 || /[^a-z0-9]/i.test(text.charAt(at - 1))

function rangesOf(places: readonly number[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const place of places) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === place) last[1] = place + 1
    else ranges.push([place, place + 1])
  }
  return ranges
}
