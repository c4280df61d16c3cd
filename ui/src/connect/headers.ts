// What senders must tell beside their spans: the token, which is never written down, and the tenant.

import type { Target } from './target.ts'

interface Header {
  name: string
  value: string
}

/** `token` is how the thing that sends writes what stands in a variable, or that somebody must fill it in. */
export function headersFor({ tenant, hasToken }: Target, token: string): Header[] {
  return [
    ...(hasToken ? [{ name: 'authorization', value: `Bearer ${token}` }] : []),
    ...(tenant === undefined ? [] : [{ name: 'x-scope-orgid', value: tenant }]),
  ]
}

/** A text that YAML and JSON read as just that: `007` and `true` are names, too. */
export const quoted = (text: string) => JSON.stringify(text)

/** `{ name: "value", … }`. */
export function yamlMap(headers: readonly Header[]): string {
  return `{ ${headers.map(({ name, value }) => `${name}: ${quoted(value)}`).join(', ')} }`
}

export function lines(...parts: (string | readonly string[])[]): string {
  return parts.flat().join('\n')
}

export const indent = (text: string, by: number) => text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
