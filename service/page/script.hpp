#pragma once

#include "service/page/markup.hpp"

// Private to this folder: the script of the fleet page, inlined in the document and allowed by its hash. The
// page is complete without it.
namespace latchkey::service {

/// Fetches the page again and replaces what is on it, unless somebody reads or fills in a part of it.
inline constexpr Markup::Literal script = R"js(
(() => {
  const every = 15000;
  const inUse = main => !getSelection().isCollapsed || main.contains(document.activeElement)
    || main.querySelector('details[open]')
    || [...main.querySelectorAll('input')].some(field => field.value !== field.defaultValue)
    || [...main.querySelectorAll('option')].some(choice => choice.selected !== choice.defaultSelected);
  let asking = false;
  const refresh = async () => {
    const main = document.querySelector('main');
    if (asking || document.hidden || inUse(main)) return;
    asking = true;
    let next = null;
    try {
      const answer = await fetch(location.href, {signal: AbortSignal.timeout(every)});
      next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    } catch {}
    asking = false;
    document.getElementById('stale').hidden = next !== null;
    if (next !== null && !inUse(main)) main.replaceWith(next);
  };
  setInterval(refresh, every);
  document.addEventListener('visibilitychange', refresh);
})();
)js";

}  // namespace latchkey::service
