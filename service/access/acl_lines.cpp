#include "service/access/acl_lines.hpp"

#include <string_view>

namespace latchkey::service::access {
namespace {

std::string lines(std::string_view begin, const std::vector<std::string>& templates) {
  std::string all;
  for (std::string filter : templates) {
    for (std::size_t at = 0; (at = filter.find(protocol::id_placeholder, at)) != std::string::npos;)
      filter.replace(at, protocol::id_placeholder.size(), "%u");
    all.append(begin).append(filter).append(1, '\n');
  }
  return all;
}

}  // namespace

std::string acl_lines(const protocol::Rights& templates) {
  return lines("pattern write ", templates.publish) + lines("pattern read ", templates.subscribe);
}

}  // namespace latchkey::service::access
