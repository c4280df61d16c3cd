// The part of a URL after `?`, as text: `?service=cart&range=15m`. The router's own form is JSON, in which a span id of
// decimal digits would come back as a number.

export type Search = Record<string, unknown>

/** The first value of each name. */
export function parseSearch(text: string): Search {
  const search: Search = {}
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(search, name)) search[name] = value
  }
  return search
}

/** Names without a value are left out; the order is that of the object, so equal states have equal URLs. */
export function stringifySearch(search: Search): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  // Commas, colons and slashes need no escape in a query, and times, lists and names read better without.
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/')
  return text === '' ? '' : `?${text}`
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** The name of a tenant, by the server's own rule: of another it would refuse every question. */
export function tenantOf(value: unknown): string | undefined {
  const name = textOf(value)
  return name !== undefined && /^[A-Za-z0-9_-]{1,64}$/.test(name) ? name : undefined
}

/** A whole number from `min` to `max`. */
export function wholeOf(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
    ? number
    : undefined
}

/** Removes what is undefined, so that it does not stand in the URL's object at all. */
export function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }
}
