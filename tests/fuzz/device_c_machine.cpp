#include "crypto/encoding.hpp"
#include "device/c/crypto/lk_openssl.h"
#include "device/c/latchkey.h"
#include "fuzz/device_c_targets.hpp"
#include "fuzz/must.hpp"
#include "protocol/sealed.hpp"
#include "protocol/signer.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace latchkey::fuzz {
namespace {

using crypto::Bytes;
using crypto::ByteView;

constexpr std::string_view key = "0123456789abcdef0123456789abcdef";
// Chance is the same in every run, so that an input can name what the device made up.
constexpr std::string_view request_id = "AQEBAQEBAQEBAQEBAQEBAQ";
constexpr std::string_view session = "AQEBAQEBAQEBAQEB";

bool no_chance(void*, std::uint8_t* out, std::size_t size) {
  std::fill_n(out, size, std::uint8_t{1});
  return true;
}

using Slots = std::map<int, std::string>;

bool put(void* context, lk_slot slot, const std::uint8_t* bytes, std::size_t size) {
  (*static_cast<Slots*>(context))[slot].assign(bytes, bytes + size);
  return true;
}

std::size_t get(void* context, lk_slot slot, std::uint8_t* bytes, std::size_t room) {
  const auto& value = (*static_cast<Slots*>(context))[slot];
  std::copy_n(value.begin(), std::min(room, value.size()), bytes);
  return value.size();
}

lk_bytes view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

lk_setup setup() {
  lk_setup made{};
  made.device_id = "12345";
  made.proof = LK_PROOF_KEY;
  made.key = view_of(key);
  made.wants_password = true;
  made.no_encryption_key = true;
  made.attributes = R"({"model":"TH-2"})";
  made.host = "bootstrap.example";
  made.port = 8884;
  return made;
}

/// One run: a device, and what happens to it.
class Course {
 public:
  Course() : crypto_(lk_openssl), store_{&slots_, put, get}, message_(2303), work_(1600) {
    crypto_.random = no_chance;
    start();
  }

  void run(std::string_view course) {
    while (!course.empty()) {
      const char what = course.front();
      course.remove_prefix(1);
      const auto end = std::min(course.find('\0'), course.size());
      const auto text = course.substr(0, what >= 'A' && what <= 'Z' ? end : 0);
      if (!text.empty()) course.remove_prefix(std::min(end + 1, course.size()));
      happen(what, text);
      next();
    }
  }

 private:
  void start() {
    const lk_buffers buffers{message_.data(), message_.size(), work_.data(), work_.size()};
    must(lk_start(&device_, &setup_, &crypto_, &store_, nullptr, buffers), "a setup that is refused");
    lk_on_time(&device_, now_ms_, 0);
  }

  void happen(char what, std::string_view text) {
    switch (what) {
      case 'A':  // an answer as it is
        return deliver("provisioning/v1/12345/response", text);
      case 'B':  // an answer, signed
        return deliver("provisioning/v1/12345/response", sign(protocol::response_type, text));
      case 'C':
        return deliver("devices/12345/config", text);
      case 'D':
        return deliver("devices/12345/config", sign(protocol::config_type, text));
      case 'E':  // a half of a message
        return lk_on_message_part(&device_, "devices/12345/config", 0, text.size() * 2, view_of(text));
      case 'c':
        return lk_on_connected(&device_);
      case 's':
        return lk_on_subscribed(&device_, true);
      case 'u':
        return lk_on_subscribed(&device_, false);
      case 'p':
        return lk_on_published(&device_, step_.id);
      case 'd':
        return lk_on_disconnected(&device_, LK_NETWORK);
      case 'a':
      case 'f':
        return lk_config_applied(&device_, step_.config.version, what == 'a', "why");
      case 'x':
        return lk_stop(&device_);
      case 'r':
        return start();
      default:
        now_ms_ += std::uint64_t{1} << (static_cast<unsigned char>(what) % 32);
        return lk_on_time(&device_, now_ms_, static_cast<unsigned char>(what) % 3 == 0 ? 1'800'000'000 : 0);
    }
  }

  static std::string sign(std::string_view type, std::string_view payload) {
    static const auto answer_key = protocol::answer_key(crypto::as_bytes(key));
    return protocol::sign_message(type, payload, answer_key.clone());
  }

  void deliver(const char* topic, std::string_view message) {
    constexpr std::size_t part = 700;
    for (std::size_t at = 0; at < message.size(); at += part)
      lk_on_message_part(&device_, topic, at, message.size(), view_of(message.substr(at, part)));
  }

  void next() {
    for (int i = 0; i < 20; ++i) {
      lk_next(&device_, &step_);
      check();
      if (step_.action == LK_WAIT || step_.action == LK_STOPPED || step_.action == LK_APPLY) return;
    }
    must(step_.action == LK_WAIT, "a device that does not come to rest");
  }

  void check() const {
    const auto in = [&](const lk_bytes& bytes, const Bytes& buffer) {
      return bytes.data >= buffer.data() && bytes.data + bytes.size <= buffer.data() + buffer.size();
    };
    if (step_.action == LK_PUBLISH) must(in(step_.payload, message_), "a message outside the buffer");
    if (step_.action == LK_APPLY) must(in(step_.config.json, message_), "a configuration outside the buffer");
    if (step_.action == LK_CONNECT && step_.connect.will_topic != nullptr)
      must(in(step_.connect.will, message_), "a will outside the buffer");
    for (lk_list list : {step_.rights.publish, step_.rights.subscribe})
      for (lk_bytes filter{}; lk_list_next(&list, &filter);)
        must(in(filter, work_) && filter.size > 1 && filter.data[filter.size - 1] == 0,
             "a filter that is none");
    if (step_.action == LK_WAIT) must(step_.until_ms >= now_ms_, "a wait for what has passed");
  }

  lk_setup setup_ = setup();
  lk_crypto crypto_;
  Slots slots_;
  lk_store store_;
  Bytes message_, work_;
  lk_device device_{};
  lk_step step_{};
  std::uint64_t now_ms_ = 0;
};

}  // namespace

void feed_c_machine(ByteView input) {
  Course course;
  course.run(crypto::as_text(input));
}

std::vector<Bytes> courses() {
  const auto sealing_key = protocol::sealing_key(crypto::as_bytes(key));
  const auto sealed = protocol::Sealer(sealing_key.view()).seal(R"({"password":"p","config":{"a":1}})");
  const std::string common = R"({"request_id":")" + std::string(request_id) +
                             R"(","device_id":"12345","tracking_id":"t","server_time":1800000000,)";
  const std::string connection =
      R"({"host":"h","port":8883,"tls":true,"client_id":"12345","ca":["MAA="],"topics":"devices/12345","publish":["a/#"]})";
  const std::string accepted =
      common + R"("status":"accepted","generation":1,"credential":{"type":"password","username":"12345@1",)" +
      R"("renew_after":1700000000},"connection":)" + connection + R"(,"config_version":1,"sealed":")" +
      sealed + "\"}";
  const std::string of_session = R"({"device_id":"12345","session":")" + std::string(session) + R"(",)";
  const std::string configured = of_session + R"("state":"connected","config_version":1,"confirmed":1})";
  const std::string changed =
      of_session + R"("state":"ready","config_version":2,"confirmed":1,"config":{"b":2},"connection":)" +
      connection + "}";
  const std::string entitled =
      of_session + R"("state":"ready","config_version":1,"confirmed":1,"connection":)" +
      R"({"host":"h","port":8883,"tls":true,"client_id":"12345","ca":["MAA="],"topics":"devices/12345",)" +
      R"("publish":["a/b"],"subscribe":["c/+","d"]}})";
  const std::string nul(1, '\0');
  const std::string up = "\ncs", session_up = "\ncss";
  const std::string ten_years(150, '\x1f');  // 2^31 ms each
  std::vector<std::string> all{
      up + "B" + accepted + nul + "d" + session_up + "D" + configured + nul + "a" + "D" + entitled + nul +
          "D" + changed + nul + "pd" + session_up,
      up + "B" + common + R"("status":"challenge","nonce":"n"})" + nul + "p",
      up + "B" + common + R"("status":"rejected","code":"conflict"})" + nul + "pxpd",
      ten_years + up + "B" + accepted + nul + "d" + session_up + "D" + configured + nul + "a" + ten_years +
          up,
      up + "A" + common + R"("status":"retry","retry_after_s":5,"critical":["x"]})" + nul + "\x0f",
  };
  std::vector<Bytes> out;
  for (const auto& each : all)
    out.emplace_back(each.begin(), each.end());
  return out;
}

}  // namespace latchkey::fuzz
