// A page that could not be shown: what was asked, what came back, and the one thing that may help.

import { useQueryClient } from '@tanstack/react-query'
import { Failure, type FailureKind } from '../api/failure.ts'
import { Mark, type State } from '../ui/mark.tsx'
import { TokenForm } from './token-form.tsx'

interface Words {
  state: State
  title: string
  /** What to do about it. */
  advice: string
}

const WORDS: Record<FailureKind, Words> = {
  unreachable: {
    state: 'bad',
    title: 'The server does not answer',
    advice: 'Check that it runs and that this machine can reach it. This page tries again by itself.',
  },
  starting: {
    state: 'warn',
    title: 'The server is starting',
    advice:
      'It is replaying its log and will answer when everything that it acknowledged is back. This page tries again by itself.',
  },
  busy: {
    state: 'warn',
    title: 'The server is busy',
    advice: 'As many queries run as query.concurrency_max allows. This page tries again by itself.',
  },
  token: {
    state: 'warn',
    title: 'This server asks for a token',
    advice: 'It is in the file that auth.token_file names. It stays in this tab until you close it.',
  },
  tenant: {
    state: 'bad',
    title: 'This tenant is not on the server’s list',
    advice: 'Choose another one at the top, or allow it in the configuration (tenants).',
  },
  not_found: { state: 'idle', title: 'There is no such thing', advice: 'The link may be old, or mistyped.' },
  refused: {
    state: 'bad',
    title: 'The server refused the question',
    advice: 'What it says about it is below. Another time range or filter may do.',
  },
  failed: {
    state: 'bad',
    title: 'The server failed to answer',
    advice: 'Its log says more. This page tries again by itself.',
  },
}

const UNEXPECTED: Words = {
  state: 'bad',
  title: 'This page failed',
  advice: 'Reloading may help. If it does not, it is a fault of ours.',
}

interface Props {
  error: Error
  onRetry?: () => void
}

export function FailureView({ error, onRetry }: Props) {
  const failure = error instanceof Failure ? error : null
  const words = failure === null ? UNEXPECTED : WORDS[failure.kind]
  const client = useQueryClient()
  return (
    <section className="message" aria-label={words.title}>
      <h1 className="message__title">
        <Mark state={words.state} />
        {words.title}
      </h1>
      <p>{words.advice}</p>
      <dl className="message__facts">
        {failure === null ? null : (
          <>
            <dt className="muted">Asked</dt>
            <dd className="mono">{failure.request}</dd>
          </>
        )}
        <dt className="muted">Answer</dt>
        <dd className="mono">
          {failure?.status ? `${failure.status} ` : ''}
          {error.message}
        </dd>
      </dl>
      {failure?.kind === 'token' ? <TokenForm onToken={() => client.resetQueries()} /> : null}
      {onRetry === undefined || failure?.kind === 'token' ? null : (
        <div className="message__actions">
          <button type="button" className="button button--main" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </section>
  )
}
