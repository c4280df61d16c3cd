// Every page's path, in one place. A test writes them down with an example each: a change of it breaks links that people
// have kept.

export const paths = {
  home: '/',
  topology: '/topology',
  traces: '/traces',
  trace: '/traces/$traceId',
  connect: '/connect',
} as const
