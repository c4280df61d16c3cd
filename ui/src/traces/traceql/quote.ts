// Values and names as TraceQL writes them.

import { isClosed } from './tokens.ts'

/** A text in quotes. */
export function quotedText(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}

/** A regular expression that matches just this text. */
export function regexOf(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|#&\-~]/g, '\\$&')
}

/** A value of a type as the server's suggestions name it. */
export function valueText(type: string, value: string): string {
  switch (type) {
    case 'int':
    case 'float':
    case 'bool':
    case 'keyword':
    case 'duration':
      return value
    default:
      return quotedText(value)
  }
}

const NEEDS_QUOTES = /[\s{}()=~!<>&|^,"]/

/** The name of an attribute after its scope. */
export function nameText(name: string): string {
  return NEEDS_QUOTES.test(name) ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : name
}

export function attributeText(scope: string, name: string): string {
  return `${scope}.${nameText(name)}`
}

/** What a text in quotes says; one that is not closed yet is read as far as it is there. */
export function unquoted(string: string): string {
  const quote = string[0]
  if (quote !== '"' && quote !== '`') return string
  const inner = string.slice(1, isClosed(string) ? -1 : undefined)
  if (quote === '`') return inner
  return inner.replaceAll(/\\([\s\S])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped)
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' }

export interface AttributeName {
  /** Without the dot; empty if the attribute is looked for anywhere. */
  scope: string
  name: string
}

/** `span."a b"` as scope and name. */
export function attributeName(text: string): AttributeName {
  const [, scope = '', rest = ''] =
    /^((?:parent\.)?(?:span|resource|event|link|instrumentation)?)\.([\s\S]*)$/.exec(text) ?? []
  return {
    scope,
    name: rest.replaceAll(/"((?:\\["\\]|[^"\\])*)"?/g, (_, inner: string) =>
      inner.replaceAll(/\\(["\\])/g, '$1'),
    ),
  }
}
