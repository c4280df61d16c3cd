import { useEffect, useState } from 'react'
import { keepQuery } from './history.ts'

/** Keeps the queries that somebody asked for in the bar, once the server has understood them. */
export function useKeptQueries(q: string | undefined, isUnderstood: boolean): (query: string) => void {
  const [asked, setAsked] = useState('')
  useEffect(() => {
    if (asked !== '' && asked === q && isUnderstood) keepQuery(asked)
  }, [asked, q, isUnderstood])
  return setAsked
}
