#pragma once

#include "registry/model.hpp"
#include "service/observability/http/message.hpp"
#include "service/page/markup.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Private to this folder: parts that all pages use.
namespace latchkey::service {

using Now = std::chrono::sys_seconds;

/// A complete HTML document around `body`. `asked` is the value of the search field.
[[nodiscard]] HttpResponse document(unsigned status, std::string_view title, std::string_view asked,
                                    const Markup& body);

/// "4 min ago" or "in 3 days", with the exact time as a tooltip; a dash for nothing.
[[nodiscard]] Markup when(std::optional<registry::Clock> at, Now now);
/// A link to the device's page.
[[nodiscard]] Markup device_link(std::string_view device_id);
/// The beginning of a link to the list of devices, to which `and_filter` adds filters.
[[nodiscard]] Markup devices_link();
/// "&amp;name=value" of a link, percent-encoded.
[[nodiscard]] Markup and_filter(Markup::Literal name, std::string_view value);
/// What stands where the registry cannot be queried.
[[nodiscard]] Markup no_answer(std::string_view why);
/// All states, in the order of a device's life.
[[nodiscard]] std::span<const registry::DeviceState> all_states();
/// A state or another fixed word as a coloured badge.
[[nodiscard]] Markup badge(std::string_view word);
/// A JSON object of attributes as a list of pairs.
[[nodiscard]] Markup attributes(std::string_view json);

/// A table. Each cell also has its column's name, since on a phone a row becomes a card.
class Table {
 public:
  using Columns = std::initializer_list<Markup::Literal>;
  explicit Table(Columns columns);
  Table& row();
  Table& cell(const Markup& content);
  Table& cell(std::string_view text) { return cell(Markup().text(text)); }
  [[nodiscard]] Markup done();

 private:
  std::vector<Markup::Literal> columns_;
  std::size_t next_ = 0;
  Markup markup_;
};

/// A section with a heading, an introduction and its content.
[[nodiscard]] Markup section(Markup::Literal heading, const Markup& about, const Markup& content);
[[nodiscard]] Markup empty(Markup::Literal sentence);

/// An identifier such as "provisioning_requested" as words.
[[nodiscard]] std::string in_words(std::string_view word);

}  // namespace latchkey::service
