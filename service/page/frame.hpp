#pragma once

#include "registry/model.hpp"
#include "service/observability/http/message.hpp"
#include "service/page/markup.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Private to this folder: what every page is made of.
namespace latchkey::service {

using Now = std::chrono::sys_seconds;

/// A whole document around `body`. `asked` stands in the field that finds a device.
[[nodiscard]] HttpResponse document(unsigned status, std::string_view title, std::string_view asked,
                                    const Markup& body);

/// "4 min ago" or "in 3 days", with the time itself for who points at it; a dash for nothing.
[[nodiscard]] Markup when(std::optional<registry::Clock> at, Now now);
/// A link to the device's page.
[[nodiscard]] Markup device_link(std::string_view device_id);
/// A state or another fixed word with its colour.
[[nodiscard]] Markup badge(std::string_view word);
/// JSON of attributes as short pairs.
[[nodiscard]] Markup attributes(std::string_view json);

/// A table whose cells also know their column's name, for phones, where a row becomes a card.
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

/// A section with a heading, a line that says what it is about, and its content.
[[nodiscard]] Markup section(Markup::Literal heading, const Markup& about, const Markup& content);
[[nodiscard]] Markup empty(Markup::Literal sentence);

/// "provisioning_requested" as people say it.
[[nodiscard]] std::string spoken(std::string_view word);

}  // namespace latchkey::service
