import { Link } from '@tanstack/react-router'
import { Mark } from '../ui/mark.tsx'
import { paths } from './paths.ts'

export function NotFound() {
  return (
    <section className="message">
      <h1 className="message__title">
        <Mark state="idle" />
        There is no such page
      </h1>
      <p>The link may be old, or mistyped.</p>
      <Link to={paths.traces} className="button button--main">
        Newest traces
      </Link>
    </section>
  )
}
