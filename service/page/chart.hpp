#pragma once

#include "registry/page.hpp"
#include "service/page/frame.hpp"

#include <span>

// Private to this folder: SVG charts. Widths are in per cent and heights in pixels, so that a chart fills its
// place and its letters keep their size.
namespace latchkey::service {

/// For each day one bar for each step of the funnel, in front of each other: the visible rest of a bar are
/// devices that did not reach the next step.
[[nodiscard]] Markup daily_chart(std::span<const registry::FunnelDay> days);

/// A horizontal bar that is `part` of `whole` long.
[[nodiscard]] Markup bar(Markup::Literal kind, std::int64_t part, std::int64_t whole);

struct Share {
  std::string_view kind;
  std::int64_t count;
};
/// A horizontal bar divided into the shares.
[[nodiscard]] Markup shares(std::span<const Share> all);

}  // namespace latchkey::service
