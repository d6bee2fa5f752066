#pragma once

#include "registry/page.hpp"
#include "service/page/frame.hpp"

#include <span>

// Private to this folder: SVG. Sizes are in per cent across and in pixels down, so that a chart fills its
// place while its letters keep their size.
namespace latchkey::service {

/// A bar a day for each step of the funnel, one before the other: what stands out behind did not get further.
[[nodiscard]] Markup daily_chart(std::span<const registry::FunnelDay> days);

/// One line of the whole, `part` of `whole` long.
[[nodiscard]] Markup bar(Markup::Literal kind, std::int64_t part, std::int64_t whole);

struct Share {
  std::string_view kind;
  std::int64_t count;
};
/// One line divided among them.
[[nodiscard]] Markup shares(std::span<const Share> all);

}  // namespace latchkey::service
