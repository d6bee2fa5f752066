#include "fuzz/targets.hpp"

#include "crypto/encoding.hpp"
#include "support/catch.hpp"
#include "unit/support/mutation.hpp"

#include <filesystem>
#include <fstream>

// The fuzz targets without a fuzzer: what clang is not needed for. A target ends the process if something is
// broken.
namespace latchkey::fuzz {
namespace {

constexpr int changes_each = 400;

void feed_changed(const Target& target, const crypto::Bytes& seed, Mutator& mutator) {
  std::string text(crypto::as_text(seed));
  for (int i = 0; i < changes_each; ++i) {
    // One change at a time gets past the most checks; several at once are what one would not think of.
    text = i % 8 == 0 ? std::string(crypto::as_text(seed)) : mutator.changed_text(text);
    if (text.size() > 4 * seed.size()) text.resize(seed.size());
    target.feed(crypto::as_bytes(text));
  }
}

TEST_CASE("No target breaks over thousands of changes of good inputs", "[fuzz]") {
  Mutator mutator(20260921);
  int inputs = 0;
  for (const Target& target : targets()) {
    for (const crypto::Bytes& seed : target.seeds()) {
      feed_changed(target, seed, mutator);
      inputs += changes_each;
    }
  }
  CHECK(inputs >= 8000);
}

/// Of tests/fuzz/corpus: one in each line.
std::vector<crypto::Bytes> kept_inputs(const Target& target) {
  const auto path = std::filesystem::path(LATCHKEY_FUZZ_CORPUS) / (std::string(target.name) + ".txt");
  std::ifstream file(path);
  std::vector<crypto::Bytes> inputs;
  for (std::string line; std::getline(file, line);) {
    INFO(path.string() << " has the line " << line);
    inputs.push_back(crypto::base64_decode(line).value());
  }
  return inputs;
}

TEST_CASE("No target breaks over the inputs that fuzzing found worth keeping", "[fuzz]") {
  for (const Target& target : targets()) {
    const auto inputs = kept_inputs(target);
    INFO(target.name);
    CHECK_FALSE(inputs.empty());
    for (const crypto::Bytes& input : inputs)
      target.feed(input);
  }
}

TEST_CASE("No target breaks over nothing, one byte or the input of another", "[fuzz]") {
  for (const Target& target : targets()) {
    target.feed({});
    for (int byte = 0; byte < 256; ++byte)
      target.feed(crypto::Bytes{static_cast<std::uint8_t>(byte)});
    for (const Target& other : targets()) {
      for (const crypto::Bytes& seed : other.seeds())
        target.feed(seed);
    }
  }
  SUCCEED("none ended the process");
}

}  // namespace
}  // namespace latchkey::fuzz
