// A file received through the client library: gone on with after a loss, and never written anywhere but into its
// directory.
#include "tests/unit/client_file_fixture.h"

namespace talkbeat::client_file_test {
namespace {

TEST_F(ClientFile, that_waits_at_the_server_is_received_and_taken_off) {
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(transfer_->saved_as(), "photo.png");
  EXPECT_THAT(received(), ElementsAre("photo.png"));
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_DONE));
  EXPECT_EQ(deleted, 1);
}

TEST_F(ClientFile, received_goes_on_after_each_loss) {
  files.drop_after = 400'000;
  transfer().receive(offer(false), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_GE(files.logins.size(), 3u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_EQ(deleted, 0) << "an online file lies nowhere";
}

TEST_F(ClientFile, that_is_empty_and_online_is_done_only_when_the_sender_is_there) {
  files.peer_is_there = false;
  FileOffer empty = offer(false);
  empty.size = 0;
  transfer().receive(empty, directory / "in");
  ASSERT_TRUE(until([&] { return files.has_client(); }));
  for (int i = 0; i < 5; ++i) loop.turn(5);  // its own login is answered: nothing follows from that
  EXPECT_EQ(told.ended, 0);
  EXPECT_TRUE(files.states.empty()) << "DONE, which a server would refuse";
  files.say(CLIENT_FILE_PEER_READY);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_DONE));
  EXPECT_THAT(received(), ElementsAre("photo.png"));
  EXPECT_EQ(fs::file_size(directory / "in" / "photo.png"), 0u);
}

TEST_F(ClientFile, a_server_that_gives_less_than_was_asked_for_is_followed) {
  files.max_chunk = 7'777;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_LT(files.pulled_at.size(), 2 * kSize / 7'777) << "it goes on asking for more than it gets";
}

TEST_F(ClientFile, a_server_that_takes_fewer_requests_at_a_time_gets_fewer) {
  files.max_pulls = 2;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] {
    files.answer_held();
    return told.ended == 1;
  }));
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.logins.size(), 1u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
}

TEST_F(ClientFile, begun_by_an_earlier_run_is_gone_on_with) {
  std::ofstream(directory / "in" / "photo.png.task.part", std::ios::binary) << pattern(600'000);
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.pulled_at.at(0), 600'000u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, nothing_is_overwritten) {
  std::ofstream(directory / "in" / "photo.png") << "mine";
  std::ofstream(directory / "in" / "photo (1).png") << "mine too";
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->saved_as(), "photo (2).png");
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), "mine");
}

TEST_F(ClientFile, a_name_with_a_path_stays_in_the_directory) {
  transfer().receive(offer(true, "../../photo.png"), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->saved_as(), "photo.png");
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, a_link_in_the_place_of_the_part_is_not_followed) {
  std::ofstream(directory / "precious") << "precious";
  fs::create_symlink(directory / "precious", directory / "in" / "photo.png.task.part");
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  EXPECT_EQ(read_file(directory / "precious"), "precious");
}

TEST_F(ClientFile, a_directory_that_is_not_there_is_said) {
  transfer().receive(offer(), directory / "nowhere");
  ASSERT_TRUE(until_ended());
  EXPECT_NE(transfer_->problem().find("No such file or directory"), std::string::npos);
}

TEST_F(ClientFile, the_sender_who_goes_leaves_no_part) {
  told.at_progress = [&](FileTransfer&) { files.say(CLIENT_FILE_CANCEL); };
  FileOffer online = offer(false);
  online.size += 5;  // never complete
  files.content += "12345";
  transfer().receive(online, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "the sender cancelled it, or went offline");
  EXPECT_TRUE(until([&] { return received().empty(); }));
}

TEST_F(ClientFile, unknown_to_the_server_fails_at_once) {
  files.login_result = FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "the server does not know this file (any more)");
  EXPECT_EQ(files.logins.size(), 1u);
}

TEST_F(ClientFile, a_server_with_too_much_to_do_is_asked_again) {
  files.login_result = FILE_SERVER_ERRNO_CREATE_TASK_ERROR;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] { return files.logins.size() == 3; }));
  files.login_result = 0;
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
}

TEST_F(ClientFile, where_its_server_is_gone_the_client_s_own_one_is_asked_once) {
  FileOffer lost = offer();
  lost.servers = {{"127.0.0.1", 1}};
  transfer().receive(lost, directory / "in");
  ASSERT_TRUE(until([&] { return told.paused > 5; }));
  EXPECT_EQ(asked_neighbour, 1) << "it does not have it";
  EXPECT_EQ(transfer_->state(), State::kRunning) << "what a guessed one refuses ends nothing";
}

TEST_F(ClientFile, a_place_that_is_not_to_be_reached_is_given_up) {
  settings.give_up_ms = 200;
  FileOffer unreachable = offer();
  unreachable.servers = {{"127.0.0.1", 1}};
  transfer().receive(unreachable, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  EXPECT_GE(told.paused, 1);
}

TEST_F(ClientFile, no_bytes_for_too_long_makes_another_connection_and_in_the_end_a_failure) {
  settings.stall_timeout_ms = 50;
  files.answers = false;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "no bytes came");
  EXPECT_EQ(files.logins.size(), size_t{IncomingFile::kMaxStalls});
  EXPECT_LE(files.pulled_at.size(), size_t{IncomingFile::kMaxStalls} * settings.window);
}

TEST_F(ClientFile, refusing_tells_the_sender) {
  transfer().refuse(offer());
  ASSERT_TRUE(until_ended());
  EXPECT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_REFUSE));
  EXPECT_TRUE(received().empty());
}

TEST_F(ClientFile, destroyed_in_the_middle_nothing_is_touched) {
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] { return !told.progress.empty(); }));
  transfer_.reset();
  ASSERT_TRUE(until([&] { return worker.pending() == 0; }));
  for (int i = 0; i < 5; ++i) loop.turn(5);
  EXPECT_EQ(told.ended, 0);
}

}  // namespace
}  // namespace talkbeat::client_file_test
