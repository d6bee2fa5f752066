#include "service/page/frame.hpp"

#include "base/percent.hpp"
#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "service/observability/timestamp.hpp"
#include "service/page/script.hpp"
#include "service/page/style.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace latchkey::service {
namespace {

/// An inline style sheet or script as the policy names it (CSP 3, 2.3.1).
std::string hash_of(Markup::Literal text) {
  return "'sha256-" + crypto::base64_encode(crypto::sha256(crypto::as_bytes(text.text()))) + "'";
}

/// A policy that forbids everything but our style sheet and our script, which may only fetch from the
/// service.
std::string content_policy() {
  return "default-src 'none'; style-src " + hash_of(style) + "; script-src " + hash_of(script) +
         "; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

std::string span_of(std::chrono::seconds span) {
  const auto s = span.count();
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min", s / 60);
  if (s < 48L * 3600) return fmt::format("{} h", s / 3600);
  return fmt::format("{} days", s / 86400);
}

}  // namespace

HttpResponse document(unsigned status, std::string_view title, std::string_view asked, const Markup& body) {
  Markup page;
  page.raw(
          "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\"><title>")
      .text(title)
      .raw("</title><link rel=\"icon\" href=\"data:,\"><style>")
      .raw(style)
      .raw(
          "</style></head><body><header><a class=\"brand\" href=\"/\">Latchkey</a>"
          "<form action=\"/\" method=\"get\" role=\"search\"><label for=\"device\">Device</label>"
          "<input id=\"device\" name=\"device\" type=\"search\" placeholder=\"Device id\" maxlength=\"64\" "
          "autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" value=\"")
      .text(asked)
      .raw(
          "\"><button>Show</button></form></header><p id=\"stale\" class=\"alarm\" role=\"alert\" hidden>The "
          "service does not answer: this page shows an earlier time, until it answers again.</p><main>")
      .add(body)
      .raw("</main><script>")
      .raw(script)
      .raw("</script></body></html>\n");
  static const std::string policy = content_policy();
  return {status,
          "text/html; charset=utf-8",
          std::move(page).html(),
          {{"Content-Security-Policy", policy},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"X-Frame-Options", "DENY"}}};
}

Markup when(std::optional<registry::Clock> at, Now now) {
  if (!at) return Markup().raw("<span class=\"quiet\">–</span>");
  const auto second = std::chrono::floor<std::chrono::seconds>(*at);
  constexpr std::size_t to_the_second = std::string_view("2026-01-31T12:00:00").size();
  const std::string iso = format_rfc3339(second).substr(0, to_the_second) + "Z";
  std::string exact = iso.substr(0, to_the_second);
  std::ranges::replace(exact, 'T', ' ');
  const std::string said = std::chrono::abs(now - second) < std::chrono::seconds(2) ? "just now"
                           : second > now ? "in " + span_of(second - now)
                                          : span_of(now - second) + " ago";
  return Markup()
      .raw("<time datetime=\"")
      .text(iso)
      .raw("\" title=\"")
      .text(exact)
      .raw(" UTC\">")
      .text(said)
      .raw("</time>");
}

Markup device_link(std::string_view device_id) {
  // No character of a device id needs an escape in a query.
  return Markup()
      .raw("<a class=\"id\" href=\"/?device=")
      .text(device_id)
      .raw("\">")
      .text(device_id)
      .raw("</a>");
}

Markup devices_link() {
  return Markup().raw("<a href=\"/?view=devices");
}

Markup and_filter(Markup::Literal name, std::string_view value) {
  std::string encoded;
  append_percent_encoded(encoded, value);
  return Markup().raw("&amp;").raw(name).raw("=").text(encoded);
}

Markup no_answer(std::string_view why) {
  return Markup()
      .raw("<p class=\"alarm\" role=\"alert\"><strong>The registry does not answer.</strong> ")
      .text(why)
      .raw("</p>");
}

std::span<const registry::DeviceState> all_states() {
  using State = registry::DeviceState;
  static constexpr State states[] = {State::off,        State::provisioning_requested,
                                     State::registered, State::connected,
                                     State::ready,      State::suspended,
                                     State::revoked};
  return states;
}

std::string in_words(std::string_view word) {
  if (word == "provisioning_requested") return "requested";
  std::string text(word);
  std::ranges::replace(text, '_', ' ');
  return text;
}

Markup badge(std::string_view word) {
  return Markup().raw("<span class=\"badge ").text(word).raw("\">").text(in_words(word)).raw("</span>");
}

Markup attributes(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object() || object.empty()) return Markup().raw("<span class=\"quiet\">none</span>");
  Markup list;
  list.raw("<ul class=\"pairs\">");
  for (const auto& [name, value] : object.items()) {
    const std::string shown = value.is_string()
                                  ? value.get<std::string>()
                                  : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    list.raw("<li><span>").text(name).raw("</span> <bdi>").text(shown).raw("</bdi></li>");
  }
  return list.raw("</ul>");
}

Table::Table(Columns columns) : columns_(columns) {
  markup_.raw("<table><thead><tr>");
  for (const auto column : columns_)
    markup_.raw("<th scope=\"col\">").raw(column).raw("</th>");
  markup_.raw("</tr></thead><tbody>");
}

Table& Table::row() {
  markup_.raw("<tr>");
  next_ = 0;
  return *this;
}

Table& Table::cell(const Markup& content) {
  const auto column = columns_.at(next_++);
  markup_.raw("<td data-label=\"").raw(column).raw("\"><div>").add(content).raw("</div></td>");
  if (next_ == columns_.size()) markup_.raw("</tr>");
  return *this;
}

Markup Table::done() {
  return markup_.raw("</tbody></table>");
}

Markup section(Markup::Literal heading, const Markup& about, const Markup& content) {
  return Markup()
      .raw("<section><h2>")
      .raw(heading)
      .raw("</h2><p class=\"about\">")
      .add(about)
      .raw("</p>")
      .add(content)
      .raw("</section>");
}

Markup empty(Markup::Literal sentence) {
  return Markup().raw("<p class=\"empty\">").raw(sentence).raw("</p>");
}

}  // namespace latchkey::service
