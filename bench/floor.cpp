#include "bench/floor.hpp"

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace latchkey::bench {
namespace {

using Bytes = std::vector<unsigned char>;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

// The sizes in a typical request and its answer.
constexpr std::size_t csr_bytes = 200;
constexpr std::size_t certificate_bytes = 350;
constexpr std::size_t request_bytes = 900;
constexpr std::size_t answer_bytes = 1700;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed");
}

class Ecdsa {
 public:
  explicit Ecdsa(std::size_t size)
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")),
        context_(EVP_MD_CTX_new()),
        message_(size, 'm') {
    sign();
  }
  void sign() {
    must(EVP_DigestSignInit(context_.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    size_ = signature_.size();
    must(EVP_DigestSign(context_.get(), signature_.data(), &size_, message_.data(), message_.size()) == 1);
  }
  void verify() {
    must(EVP_DigestVerifyInit(context_.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    must(EVP_DigestVerify(context_.get(), signature_.data(), size_, message_.data(), message_.size()) == 1);
  }

 private:
  Owned<EVP_PKEY, EVP_PKEY_free> key_;
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context_;
  Bytes message_;
  std::array<unsigned char, 80> signature_{};
  std::size_t size_ = 0;
};

class Hmac {
 public:
  explicit Hmac(std::size_t size) : message_(size, 'm') {
    const Owned<EVP_MAC, EVP_MAC_free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    context_.reset(EVP_MAC_CTX_new(mac.get()));
    std::string digest = "SHA256";
    const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                            OSSL_PARAM_construct_end()};
    must(EVP_MAC_CTX_set_params(context_.get(), params.data()) == 1);
  }
  void run() {
    std::size_t size = 0;
    must(EVP_MAC_init(context_.get(), key_.data(), key_.size(), nullptr) == 1 &&
         EVP_MAC_update(context_.get(), message_.data(), message_.size()) == 1 &&
         EVP_MAC_final(context_.get(), code_.data(), &size, code_.size()) == 1);
  }

 private:
  Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> context_;
  Bytes message_;
  std::array<unsigned char, 32> key_{};
  std::array<unsigned char, 32> code_{};
};

/// AES-256-GCM of 32 bytes: opening takes as long as sealing.
class Aead {
 public:
  Aead() : context_(EVP_CIPHER_CTX_new()) {
    must(EVP_EncryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key_.data(), iv_.data()) == 1);
  }
  void run() {
    int size = 0;
    must(EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, iv_.data()) == 1 &&
         EVP_EncryptUpdate(context_.get(), out_.data(), &size, key_.data(), static_cast<int>(key_.size())) ==
             1 &&
         EVP_EncryptFinal_ex(context_.get(), out_.data() + size, &size) == 1);
  }

 private:
  Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_;
  std::array<unsigned char, 32> key_{};
  std::array<unsigned char, 12> iv_{};
  std::array<unsigned char, 64> out_{};
};

struct Tools {
  Ecdsa chain{certificate_bytes}, proof{request_bytes}, csr{csr_bytes}, certificate{certificate_bytes},
      answer{answer_bytes};
  Hmac label{32}, request_mac{request_bytes}, answer_mac{answer_bytes};
  Aead sealed_key;
};

/// Microseconds a run, on each of `threads` at once.
double measure(std::function<void()> (*make)(), double seconds, unsigned threads) {
  std::vector<double> each(threads);
  {
    std::vector<std::jthread> running;
    running.reserve(each.size());
    for (double& mine : each)
      running.emplace_back([&mine, make, seconds] {
        const auto run = make();
        run();
        const auto began = std::chrono::steady_clock::now();
        std::chrono::duration<double> passed{};
        std::uint64_t runs = 0;
        for (; passed.count() < seconds; passed = std::chrono::steady_clock::now() - began, ++runs)
          run();
        mine = passed.count() * 1e6 / static_cast<double>(runs);
      });
  }
  double sum = 0;
  for (const double mine : each)
    sum += mine;
  return sum / threads;
}

}  // namespace

std::function<void()> hs256_csr_floor(bool sealing) {
  return [tools = std::make_shared<Tools>(), sealing] {
    tools->sealed_key.run();
    tools->label.run();  // the device's key
    tools->request_mac.run();
    tools->csr.verify();
    tools->certificate.sign();
    tools->label.run();  // the answer key
    tools->answer_mac.run();
    if (!sealing) return;
    tools->label.run();  // the sealing key
    tools->sealed_key.run();
  };
}

std::function<void()> es256_x5c_csr_floor(bool sealing) {
  return [tools = std::make_shared<Tools>(), sealing] {
    tools->chain.verify();
    tools->proof.verify();
    tools->csr.verify();
    tools->certificate.sign();
    tools->answer.sign();
    if (sealing) tools->sealed_key.run();
  };
}

std::string measure_floor(double seconds, unsigned threads) {
  const double hs256 = measure([] { return hs256_csr_floor(); }, seconds, 1);
  const double both = measure([] { return hs256_csr_floor(); }, seconds, threads);
  const double x5c = measure([] { return es256_x5c_csr_floor(); }, seconds, 1);
  const double x5c_both = measure([] { return es256_x5c_csr_floor(); }, seconds, threads);
  return nlohmann::json{{"hs256_csr_us", hs256},
                        {"hs256_csr_per_s", threads * 1e6 / both},
                        {"es256_x5c_csr_us", x5c},
                        {"es256_x5c_csr_per_s", threads * 1e6 / x5c_both}}
      .dump();
}

}  // namespace latchkey::bench
