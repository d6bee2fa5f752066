#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

// What tests/corpus/make_*.py wrote into the build tree.
namespace latchkey::corpus {

struct Case {
  std::string name;
  std::string expected;  ///< "good", or what is to be said about it
  std::string content;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `folder` is "csrs" or "chains".
inline std::vector<Case> cases_of(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(LATCHKEY_CORPUS) / folder;
  std::ifstream list(path / "cases.tsv");
  std::vector<Case> cases;
  for (Case each; std::getline(list, each.expected, '\t') && std::getline(list, each.name);) {
    each.content = content_of(path / each.name);
    cases.push_back(each);
  }
  return cases;
}

}  // namespace latchkey::corpus
