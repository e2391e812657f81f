// A server's certificate: what is refused at the start, and what SIGHUP changes.
#include "base/tls_context.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>

#include "base/server_tls.h"
#include "tests/unit/connection_fixture.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat {
namespace {

using testing::HasSubstr;

std::string refusal(const TlsContext::Server& options) {
  const Result<TlsContext> context = TlsContext::server(options);
  return context.ok() ? "accepted" : context.message();
}

TEST(TlsContext, what_cannot_be_used_is_refused_in_words) {
  const TlsFiles files;
  const TlsFiles others;
  EXPECT_EQ(refusal(files.server()), "accepted");
  EXPECT_THAT(refusal({.certificate = "/no/such/file", .key = files.key()}), HasSubstr("/no/such/file: No such file"));
  EXPECT_THAT(refusal({.certificate = files.certificate(), .key = "/no/such/key"}), HasSubstr("/no/such/key"));
  EXPECT_THAT(refusal({.certificate = files.certificate(), .key = ""}), HasSubstr("tls.key"));
  EXPECT_THAT(refusal({.certificate = files.certificate(), .key = others.key()}), HasSubstr("does not serve"));
  EXPECT_THAT(refusal({.certificate = files.key(), .key = files.key()}), HasSubstr("is none"));
  EXPECT_THAT(refusal({.certificate = "/tmp", .key = files.key()}), HasSubstr("/tmp"));
  ASSERT_EQ(::chmod(files.key().c_str(), 0640), 0);
  EXPECT_THAT(refusal(files.server()), HasSubstr("chmod 600"));
}

TEST(TlsContext, a_key_that_wants_a_passphrase_is_refused_and_nobody_is_asked) {
  const TlsFiles files;
  const std::string locked = files.key() + ".locked";
  const std::string command =
      "openssl pkey -in " + files.key() + " -aes256 -passout pass:secret -out " + locked + " && chmod 600 " + locked;
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(refusal({.certificate = files.certificate(), .key = locked}), HasSubstr("does not serve"));
}

TEST(TlsContext, a_key_that_is_too_long_or_no_regular_file_is_refused) {
  const TlsFiles files;
  std::ofstream(files.key(), std::ios::app) << std::string(64 << 10, '\n');
  EXPECT_THAT(refusal(files.server()), HasSubstr("longer"));
  const std::string pipe = files.key() + ".pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal({.certificate = files.certificate(), .key = pipe}), HasSubstr("regular file"));
}

TEST(TlsContext, it_knows_when_the_certificate_expires) {
  const TlsFiles files;  // for two days
  const int64_t expiry = TlsContext::server(files.server()).value().expires_at();
  EXPECT_NEAR(static_cast<double>(expiry), static_cast<double>(std::time(nullptr) + 2 * 86'400), 120);
}

class ServerTlsTest : public ConnectionTest {
 protected:
  std::string shown_serial() {
    const auto channel = tls.accept();
    TlsClient client;
    std::vector<std::byte> room(100'000);
    (void)channel->open(bytes_of(client.said()), room);
    channel->go_on();
    client.take(text_of(channel->sealed()));
    return client.serial();
  }
  void replace(const TlsFiles& by) const {
    std::filesystem::copy_file(by.certificate(), files.certificate(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(by.key(), files.key(), std::filesystem::copy_options::overwrite_existing);
  }

  TlsFiles files;
  TlsSettings settings{.files = files.server(), .handshakes = {}};
  ServerTls tls{settings, table};
};

TEST_F(ServerTlsTest, a_new_certificate_under_the_same_name_counts_from_the_reload_on) {
  ASSERT_TRUE(tls.start().ok());
  const std::string first = shown_serial();
  const TlsFiles renewed;
  replace(renewed);
  EXPECT_EQ(shown_serial(), first) << "nobody has said so";
  tls.settings_changed();
  EXPECT_NE(shown_serial(), first);
}

TEST_F(ServerTlsTest, a_bad_one_leaves_the_old_one_in_use) {
  ASSERT_TRUE(tls.start().ok());
  const std::string first = shown_serial();
  std::ofstream(files.certificate()) << "no certificate";
  tls.settings_changed();
  EXPECT_EQ(shown_serial(), first);
  std::filesystem::remove(files.certificate());
  tls.settings_changed();
  EXPECT_EQ(shown_serial(), first);
}

TEST_F(ServerTlsTest, a_connection_that_waits_for_its_handshake_keeps_the_certificate_that_it_came_to) {
  ASSERT_TRUE(tls.start().ok());
  const std::string first = shown_serial();
  const auto channel = tls.accept();
  replace(TlsFiles());
  tls.settings_changed();
  TlsClient client;
  std::vector<std::byte> room(100'000);
  (void)channel->open(bytes_of(client.said()), room);
  channel->go_on();
  client.take(text_of(channel->sealed()));
  EXPECT_EQ(client.serial(), first);
}

TEST_F(ServerTlsTest, without_a_certificate_there_is_none_and_a_reload_makes_none) {
  settings.files = {};
  EXPECT_TRUE(tls.start().ok());
  EXPECT_FALSE(tls.on());
  settings.files = files.server();
  tls.settings_changed();
  EXPECT_FALSE(tls.on());
}

TEST_F(ServerTlsTest, a_bad_one_at_the_start_is_an_error) {
  std::ofstream(files.key()) << "no key";
  EXPECT_FALSE(tls.start().ok());
}

}  // namespace
}  // namespace talkbeat
