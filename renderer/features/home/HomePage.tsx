/** Home: how the server is, what runs, what failed, what comes next. */
import { strings } from '../../strings.ts'
import { PageHeader } from '../shell/index.ts'

export function HomePage() {
  return <PageHeader title={strings.home.title} />
}
