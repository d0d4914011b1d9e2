// See line.hpp.
#include "dial/line.hpp"

#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace socketio::dial {
namespace {

std::string words_of(int error) { return lower_case(std::generic_category().message(error)); }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

std::optional<failure> line::dial(target to) {
  to_ = std::move(to);
  handle_ = std::make_unique<easy>();
  if (auto wrong = handle_->apply(options_)) {
    handle_.reset();
    return wrong;
  }
  CURL* const easy = handle_->handle();
  curl_easy_setopt(easy, CURLOPT_URL, to_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  transfers_ = std::make_unique<multi>(on_, 1);
  transfers_->add(*handle_, *this);
  return std::nullopt;
}

// At most 256 KiB: who sends more at the end is not waited for.
void line::throw_away_input() noexcept {
  std::array<char, 16 * 1024> nowhere;
  for (int i = 0; i < 16 && descriptor_ >= 0; ++i)
    if (::recv(descriptor_, nowhere.data(), nowhere.size(), MSG_DONTWAIT) <= 0) return;
}

void line::close() noexcept {
  if (std::exchange(watched_, false)) on_.unwatch(descriptor_);
  if (handle_) transfers_->remove(*handle_);  // closes its connection
  if (descriptor_ >= 0 && !handle_) ::close(descriptor_);
  descriptor_ = -1;
  handle_.reset();
  transfers_.reset();
}

// With a proxy that is spoken to by TLS everything is sealed.
int line::take_descriptor() {
  curl_socket_t theirs = CURL_SOCKET_BAD;
  curl_easy_getinfo(handle_->handle(), CURLINFO_ACTIVESOCKET, &theirs);
  if (theirs == CURL_SOCKET_BAD || to_.secure || lower_case(options_.proxy).starts_with("https://"))
    return theirs;
  const int ours = ::fcntl(theirs, F_DUPFD_CLOEXEC, 3);
  transfers_->remove(*handle_);
  handle_.reset();
  transfers_.reset();
  return ours;
}

void line::on_transfer_done(int code) {
  if (code != CURLE_OK)
    return user_.on_line_failed(
        why_it_failed(*handle_, code, options_, to_, transfers_->socket_errno()));
  descriptor_ = take_descriptor();
  if (descriptor_ < 0)
    return user_.on_line_failed({trouble::lost, to_.place + ": the connection has gone"});
  try {
    on_.watch(descriptor_, *this, true, false);
    watched_ = true;
  } catch (const std::system_error& error) {
    return user_.on_line_failed({trouble::lost, std::string("the kernel: ") + error.what()});
  }
  user_.on_line_open();
}

void line::on_ready(bool readable, bool writable) { user_.on_line_ready(readable, writable); }

void line::want(bool read, bool write) {
  if (watched_) on_.change(descriptor_, read, write);
}

line::moved line::receive(std::span<char> into) {
  using enum moved::outcome;
  if (!sealed()) {
    const auto got = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return {some, static_cast<std::size_t>(got)};
    if (got == 0) return {ended};
    return would_block(errno) ? moved{again} : moved{failed, 0, words_of(errno)};
  }
  std::size_t bytes = 0;
  handle_->clear_error();
  const CURLcode code = curl_easy_recv(handle_->handle(), into.data(), into.size(), &bytes);
  if (code == CURLE_AGAIN) return {again};
  if (code != CURLE_OK) return {failed, 0, words_of_libcurl(*handle_, code)};
  return bytes > 0 ? moved{some, bytes} : moved{ended};
}

line::moved line::send(std::string_view bytes) {
  using enum moved::outcome;
  if (!sealed()) {
    const auto put = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) return {some, static_cast<std::size_t>(put)};
    return would_block(errno) ? moved{again} : moved{failed, 0, words_of(errno)};
  }
  std::size_t taken = 0;
  handle_->clear_error();
  const CURLcode code = curl_easy_send(handle_->handle(), bytes.data(), bytes.size(), &taken);
  if (code == CURLE_AGAIN) return {again};
  if (code != CURLE_OK) return {failed, 0, words_of_libcurl(*handle_, code)};
  return taken > 0 ? moved{some, taken} : moved{again};
}

}  // namespace socketio::dial
