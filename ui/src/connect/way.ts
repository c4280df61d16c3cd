// The shape of a way to connect: what to paste, where, and what to know about it.

export interface Snippet {
  /** Where it goes: a file, a key, a shell. */
  words: string
  text: string
}

export interface Variant {
  id: string
  title: string
  snippets: readonly Snippet[]
  /** What keeps it from working with this server. */
  warning?: string | undefined
  notes?: readonly string[]
}

export interface Way {
  /** The first is the one that most people want. */
  variants: readonly [Variant, ...Variant[]]
}
