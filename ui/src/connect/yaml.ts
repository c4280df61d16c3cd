// Plain objects as YAML: enough for configurations of texts, numbers, lists and maps, which is all that snippets are.

export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

/** Texts that YAML reads as nothing else. */
const BARE = /^[A-Za-z_/.][\w./-]*$/
const RESERVED = /^(true|false|yes|no|on|off|null|~)$/i

export function toYaml(value: Plain): string {
  return linesOf(value).join('\n')
}

function linesOf(value: Plain): string[] {
  if (isList(value)) return value.flatMap(item => withFirst('- ', linesOf(item)))
  if (typeof value !== 'object') return [scalar(value)]
  return Object.entries(value).flatMap(([key, item]) => {
    const name = scalar(key)
    if (typeof item !== 'object') return [`${name}: ${scalar(item)}`]
    if (isEmpty(item)) return [`${name}: ${isList(item) ? '[]' : '{}'}`]
    return [`${name}:`, ...linesOf(item).map(line => `  ${line}`)]
  })
}

function withFirst(first: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? first : '  ') + line)
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value)
const isEmpty = (value: object) => Object.keys(value).length === 0

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return BARE.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value)
}
