// Where keys lead in a list to choose from.

interface Option {
  id: string
  words: string
}

/** Options that PageUp and PageDown pass. */
const PAGE = 10

/** The option to which a key leads; undefined where it leads nowhere. */
export function nextOption(options: readonly Option[], at: string, key: string): string | undefined {
  const place = options.findIndex(({ id }) => id === at)
  const last = options.length - 1
  const to: Record<string, number> = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: place + PAGE,
    PageUp: place - PAGE,
    Home: 0,
    End: last,
  }
  const next = to[key]
  return next === undefined ? undefined : options[Math.max(0, Math.min(last, next))]?.id
}

/** The next option that begins with what was typed; the same letter again leads to the next with it. */
export function typedOption(options: readonly Option[], at: string, typed: string): string | undefined {
  const letters = typed.toLowerCase()
  const isOneLetter = [...letters].every(letter => letter === letters[0])
  const word = isOneLetter ? letters.slice(0, 1) : letters
  const place = options.findIndex(({ id }) => id === at)
  // Whoever goes on with a word stays where the word fits.
  const first = Math.max(0, isOneLetter ? place + 1 : place)
  const inTurn = [...options.slice(first), ...options.slice(0, first)]
  return inTurn.find(({ words }) => words.toLowerCase().startsWith(word))?.id
}
