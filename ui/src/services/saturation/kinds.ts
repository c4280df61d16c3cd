// What may be full, in words.

const KINDS = new Map([
  ['circuit_breaker', 'circuit breaker'],
  ['connection_pool', 'connection pool'],
  ['pending_requests', 'pending requests'],
  ['retries', 'retries'],
  ['outlier_ejection', 'outlier ejection'],
  ['overload', 'overload'],
  ['cpu', 'CPU'],
  ['memory', 'memory'],
  ['file_descriptors', 'file descriptors'],
  ['runtime', 'runtime'],
])

/** The API says it as text: others may come. */
export function kindWords(kind: string): string {
  return KINDS.get(kind) ?? kind.replaceAll('_', ' ')
}
