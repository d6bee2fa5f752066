#include "service/page/chart.hpp"

#include <algorithm>
#include <cmath>

namespace latchkey::service {
namespace {

constexpr double height = 190;
constexpr double top = 18;      // room for the number on the uppermost line
constexpr double bottom = 166;  // the base line; below it are the days

/// A round, even number of at least `most`.
std::int64_t scale_for(std::int64_t most) {
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t step : {2, 4, 6, 10})
      if (step * power >= most) return step * power;
}

double y_of(std::int64_t count, std::int64_t scale) {
  return bottom - (bottom - top) * static_cast<double>(count) / static_cast<double>(scale);
}

void grid_line(Markup& svg, std::int64_t count, std::int64_t scale) {
  const double y = y_of(count, scale);
  svg.raw("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"").number(y).raw("\" y2=\"").number(y).raw("\"/>");
  if (count == 0) return;
  svg.raw("<text x=\"0\" y=\"").number(y - 4).raw("\">").count(count).raw("</text>");
}

void one_bar(Markup& svg, Markup::Literal kind, std::int64_t count, std::int64_t scale, double x,
             double width) {
  if (count == 0) return;
  const double y = std::min(y_of(count, scale), bottom - 1.5);  // keep the smallest count visible
  svg.raw("<rect class=\"")
      .raw(kind)
      .raw("\" x=\"")
      .number(x)
      .raw("%\" width=\"")
      .number(width)
      .raw("%\" y=\"")
      .number(y);
  svg.raw("\" height=\"").number(bottom - y).raw("\"/>");
}

/// "Nov 25"
std::string short_day(const std::string& day) {
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = static_cast<std::size_t>(std::atoi(day.substr(5, 2).c_str()) - 1);
  return month < months.size() ? std::string(months[month]) + " " + day.substr(8) : day;
}

}  // namespace

Markup daily_chart(std::span<const registry::FunnelDay> days) {
  std::int64_t most = 0;
  for (const auto& day : days)
    most = std::max(most, day.requested);
  const std::int64_t scale = scale_for(most);
  Markup svg;
  svg.raw(
         "<svg class=\"days\" role=\"img\" aria-label=\"Devices by the day of their first request\" "
         "width=\"100%\" height=\"")
      .number(height)
      .raw("\">");
  for (const std::int64_t part : {std::int64_t{0}, scale / 2, scale})
    grid_line(svg, part, scale);
  const double step = 100.0 / static_cast<double>(std::max<std::size_t>(days.size(), 1));
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto& day = days[i];
    const double x = step * (static_cast<double>(i) + 0.14);
    svg.raw("<g><title>").text(short_day(day.day)).raw(": ").count(day.requested).raw(" requested, ");
    svg.count(day.registered).raw(" registered, ").count(day.connected).raw(" connected, ").count(day.ready);
    svg.raw(" ready</title><rect class=\"touch\" x=\"")
        .number(step * static_cast<double>(i))
        .raw("%\" width=\"");
    svg.number(step).raw("%\" y=\"0\" height=\"").number(bottom).raw("\"/>");
    one_bar(svg, "requested", day.requested, scale, x, step * 0.72);
    one_bar(svg, "registered", day.registered, scale, x, step * 0.72);
    one_bar(svg, "connected", day.connected, scale, x, step * 0.72);
    one_bar(svg, "ready", day.ready, scale, x, step * 0.72);
    svg.raw("</g>");
  }
  if (!days.empty()) {
    const auto label = [&](Markup::Literal place, const std::string& day) {
      svg.raw("<text class=\"day\" y=\"184\" ").raw(place).raw(">").text(short_day(day)).raw("</text>");
    };
    label("x=\"0\"", days.front().day);
    label("x=\"50%\" text-anchor=\"middle\"", days[days.size() / 2].day);
    label("x=\"100%\" text-anchor=\"end\"", days.back().day);
  }
  return svg.raw("</svg>");
}

Markup bar(Markup::Literal kind, std::int64_t part, std::int64_t whole) {
  const double width = whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return Markup()
      .raw(
          "<svg class=\"bar\" aria-hidden=\"true\" width=\"100%\" height=\"12\"><rect class=\"track\" "
          "width=\"100%\" height=\"12\" "
          "rx=\"3\"/><rect class=\"")
      .raw(kind)
      .raw("\" height=\"12\" rx=\"3\" width=\"")
      .number(part == 0 ? 0 : std::max(width, 0.6))
      .raw("%\"/></svg>");
}

Markup shares(std::span<const Share> all) {
  std::int64_t whole = 0;
  for (const Share& share : all)
    whole += share.count;
  Markup svg;
  svg.raw(
      "<svg class=\"shares\" aria-hidden=\"true\" width=\"100%\" height=\"10\"><rect class=\"track\" "
      "width=\"100%\" height=\"10\"/>");
  double x = 0;
  for (const Share& share : all) {
    if (share.count == 0) continue;
    const double width = 100.0 * static_cast<double>(share.count) / static_cast<double>(whole);
    svg.raw("<rect class=\"")
        .text(share.kind)
        .raw("\" height=\"10\" x=\"")
        .number(x)
        .raw("%\" width=\"")
        .number(width)
        .raw("%\"/>");
    x += width;
  }
  return svg.raw("</svg>");
}

}  // namespace latchkey::service
