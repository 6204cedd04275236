/** A person's own things: favourites and saved views. */
import { VortexError } from '#contract/errors.ts'
import type { ViewPage } from '#contract/overview.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'

/** More than a menu can hold. */
const VIEWS_MAX = 50

type PersonalHandlers = Pick<Handlers, 'addFavourite' | 'removeFavourite' | 'listViews' | 'saveView' | 'deleteView'>

export function personalHandlers({ store }: ApiServices): PersonalHandlers {
  return {
    async addFavourite(_, { object: { dag_id }, principal: { username } }) {
      await store.favouriteSet({ username, dag_id, is_favourite: true })
      return { message: `DAG "${dag_id}" is a favourite.` }
    },
    async removeFavourite(_, { object: { dag_id }, principal: { username } }) {
      await store.favouriteSet({ username, dag_id, is_favourite: false })
      return { message: `DAG "${dag_id}" is no favourite any more.` }
    },
    async listViews(_, { principal: { username } }) {
      const views = await store.savedViewList({ username })
      return { data: views.map(({ page, name, search }) => ({ page: page as ViewPage, name, search })) }
    },
    async saveView({ body }, { principal: { username } }) {
      const name = body.name.trim()
      if (name === '') throw new VortexError('invalid_request', 'A saved view needs a name.', { field: 'name' })
      const view = { page: body.page, name, search: body.search }
      if (!(await store.savedViewPut({ ...view, username, max: VIEWS_MAX })))
        throw new VortexError('invalid_request', `There are ${VIEWS_MAX} saved views already. Delete one first.`)
      return view
    },
    async deleteView({ params: { page, name } }, { principal: { username } }) {
      if (!(await store.savedViewDelete({ username, page, name }))) throw new VortexError('not_found', `There is no saved view "${name}".`)
      return { message: `The view "${name}" was deleted.` }
    },
  }
}
