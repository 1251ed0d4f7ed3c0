//! A folder of submissions, graded by the lines of the instructor's guide.
