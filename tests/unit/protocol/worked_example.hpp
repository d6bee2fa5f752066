#pragma once

#include "unit/protocol/fixtures.hpp"

#include <stdexcept>

namespace latchkey::protocol::fixtures {

/// The block of docs/protocol.md that follows `<!-- example NAME -->`.
[[nodiscard]] inline std::string example(std::string_view name) {
  static const std::string page = read_file(repository_path("docs/protocol.md"));
  const auto mark = page.find("<!-- example " + std::string(name) + " -->");
  const auto fence = page.find("```", mark);
  const auto begin = page.find('\n', fence) + 1;
  const auto end = page.find("\n```", begin);
  if (mark == page.npos || fence == page.npos || end == page.npos)
    throw std::runtime_error("no example of that name");
  return page.substr(begin, end - begin);
}

/// Likewise, without the line breaks that a JWS has there for reading.
[[nodiscard]] inline std::string example_line(std::string_view name) {
  auto text = example(name);
  std::erase(text, '\n');
  return text;
}

[[nodiscard]] inline Json example_json(std::string_view name) {
  return Json::parse(example(name));
}

}  // namespace latchkey::protocol::fixtures
