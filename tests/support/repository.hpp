#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace latchkey::test {

/// The path of a file of this repository, found from the working directory, which may be anywhere in it. Not
/// by __FILE__: an object from ccache may contain the paths of another clone.
[[nodiscard]] inline std::string repository_path(std::string_view name) {
  for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "CMakePresets.json")) return (folder / name).string();
    if (folder == folder.root_path()) throw std::runtime_error("run the tests somewhere in the repository");
  }
}

}  // namespace latchkey::test
