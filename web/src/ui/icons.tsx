// Icons of lucide, inlined at build: 24 grid drawn at 18 (16 in small buttons), decoration only.
import arrowDown from 'lucide-static/icons/arrow-down.svg?raw';
import arrowUp from 'lucide-static/icons/arrow-up.svg?raw';
import box from 'lucide-static/icons/box.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronDown from 'lucide-static/icons/chevron-down.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import compass from 'lucide-static/icons/compass.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import database from 'lucide-static/icons/database.svg?raw';
import download from 'lucide-static/icons/download.svg?raw';
import ellipsis from 'lucide-static/icons/ellipsis.svg?raw';
import filter from 'lucide-static/icons/sliders-horizontal.svg?raw';
import keyboard from 'lucide-static/icons/keyboard.svg?raw';
import layers from 'lucide-static/icons/layers.svg?raw';
import map from 'lucide-static/icons/map.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import minus from 'lucide-static/icons/minus.svg?raw';
import moon from 'lucide-static/icons/moon.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import pin from 'lucide-static/icons/map-pin.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import road from 'lucide-static/icons/milestone.svg?raw';
import route from 'lucide-static/icons/route.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import share from 'lucide-static/icons/share-2.svg?raw';
import sun from 'lucide-static/icons/sun.svg?raw';
import table from 'lucide-static/icons/table-2.svg?raw';
import terminal from 'lucide-static/icons/square-terminal.svg?raw';
import tree from 'lucide-static/icons/tree-deciduous.svg?raw';
import user from 'lucide-static/icons/circle-user-round.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';

const files = { arrowDown, arrowUp, box, check, chevronDown, chevronRight, compass, copy, database, download, ellipsis, filter, keyboard, layers, map, maximize, minus, moon, pause, pin, play, plus, road, route, search, share, sun, table, terminal, tree, user, x };
export type IconName = keyof typeof files;

const inner: Record<string, string> = {};
for (const [name, svg] of Object.entries(files)) inner[name] = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').trim();

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" dangerouslySetInnerHTML={{ __html: inner[name]! }} />;
}

/** The belfry: the mark of the product, in brick. */
export function Belfry({ size = 28 }: { size?: number }) {
  return (
    <svg class="belfry" width={Math.round((size * 20) / 28)} height={size} viewBox="0 0 20 28" aria-hidden="true" focusable="false">
      <path fill="currentColor" d="M10 0l1 3.500h1.200L14 7v2.500h1V13h1.500v9.500H19V27H1v-4.500h2.500V13H5V9.500h1V7l1.800-3.500H9z" />
      <path class="belfry-gap" d="M9 6.500h2V9H9zM8.300 12h3.400v3.400H8.300zM8.700 27v-4.300a1.300 1.300 0 0 1 2.600 0V27z" />
    </svg>
  );
}
