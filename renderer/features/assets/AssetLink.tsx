/** An asset by its name; where that is not its URI, the URI is the tooltip. */
import { Link } from '@tanstack/react-router'

export function AssetLink({ uri, name, className }: { uri: string; name: string; className?: string | undefined }) {
  return (
    <Link to="/assets" search={{ uri }} title={uri} className={className}>
      {name}
    </Link>
  )
}
