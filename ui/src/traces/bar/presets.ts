// Queries to begin with.

export interface Preset {
  words: string
  query: string
}

export const PRESETS: readonly Preset[] = [
  { words: 'Errors', query: '{ status = error }' },
  { words: 'Slower than 500 ms', query: '{ traceDuration > 500ms }' },
  {
    words: 'Answered with 5xx',
    // Senders of both generations of the conventions.
    query: '{ span.http.response.status_code >= 500 || span.http.status_code >= 500 }',
  },
  { words: 'Retried', query: '{ span.http.request.resend_count != nil || span.retry.count != nil }' },
  { words: 'Rate by service', query: '{ } | rate() by (resource.service.name)' },
  {
    words: 'Durations of roots',
    query: '{ nestedSetParent < 0 } | quantile_over_time(duration, 0.5, 0.9, 0.99)',
  },
  { words: 'Latency heat map', query: '{ kind = server } | histogram_over_time(duration)' },
  { words: 'What errors share', query: '{ kind = server } | compare({ status = error })' },
]
